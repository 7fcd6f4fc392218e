"""The certificate the caller has shown, to us or to the proxy in front of us."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from pki.agent_site.proxy_headers import FORMATS, Format
from pki.client_address import is_from_proxy
from pki.errors import Forbidden


def peer_certificate(request: HttpRequest) -> bytes:
    """Its DER; the caller has proven by TLS to hold its key. Empty if none was shown.

    Raises Forbidden ``proxy.untrusted`` when a caller that is not our proxy brings a
    certificate in a header, and ``certificate.not_accepted`` for one the proxy refused.
    """
    written = FORMATS[settings.PROXY_CERTIFICATE]
    if is_from_proxy(request):
        # Also without the header: a certificate on this connection is the proxy's own.
        return from_proxy(request, written)
    if written.header in request.headers or written.verify_header in request.headers:
        raise Forbidden(
            f"The header {written.header} is believed only from a proxy whose address is in "
            "CERTIFLOW_TRUSTED_PROXIES and which sends the secret of CERTIFLOW_PROXY_SECRET in "
            "X-Proxy-Secret.",
            code="proxy.untrusted",
        )
    socket: Any = request.META.get("gunicorn.socket")
    if socket is None or not hasattr(socket, "getpeercert"):
        return b""
    return socket.getpeercert(True) or b""


def from_proxy(request: HttpRequest, written: Format) -> bytes:
    value = request.headers.get(written.header, "")
    if not value:
        return b""
    if written.verify_header and request.headers.get(written.verify_header) != written.accepted:
        raise not_accepted()
    try:
        return written.decode(value)
    # The value comes from outside, and what the library raises for it is not documented.
    except Exception:
        raise not_accepted() from None


def not_accepted() -> Forbidden:
    """Without the reason, which is nobody's business who cannot show an accepted one."""
    return Forbidden("This certificate is not accepted here.", code="certificate.not_accepted")
