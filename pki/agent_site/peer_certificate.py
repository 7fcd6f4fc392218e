"""The certificate the caller has shown, to us or to the proxy in front of us."""

from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.http import HttpRequest

from pki.client_address import is_trusted, parsed
from pki.errors import Forbidden

#: As nginx writes them: ``$ssl_client_escaped_cert`` and ``$ssl_client_verify``.
CERTIFICATE_HEADER = "X-Client-Certificate"
VERIFY_HEADER = "X-Client-Verify"


def peer_certificate(request: HttpRequest) -> bytes:
    """Its DER, verified by TLS against our roots; empty if none was shown.

    Raises Forbidden ``proxy.untrusted`` when somebody who is no proxy of ours brings a
    certificate in a header, and ``certificate.not_accepted`` for one the proxy refused.
    """
    if CERTIFICATE_HEADER in request.headers or VERIFY_HEADER in request.headers:
        return from_proxy(request)
    socket: Any = request.META.get("gunicorn.socket")
    if socket is None or not hasattr(socket, "getpeercert"):
        return b""
    return socket.getpeercert(True) or b""


def from_proxy(request: HttpRequest) -> bytes:
    address = parsed(request.META.get("REMOTE_ADDR", ""))
    if address is None or not is_trusted(address):
        raise Forbidden(
            f"The header {CERTIFICATE_HEADER} is believed only from the configured proxies "
            "(CERTIFLOW_TRUSTED_PROXIES).",
            code="proxy.untrusted",
        )
    text = unquote(request.headers.get(CERTIFICATE_HEADER, ""))
    if not text:
        return b""
    if request.headers.get(VERIFY_HEADER) != "SUCCESS":
        raise not_accepted()
    try:
        return x509.load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER)
    except ValueError:
        raise not_accepted() from None


def not_accepted() -> Forbidden:
    """Without the reason, which is nobody's business who cannot show an accepted one."""
    return Forbidden("This certificate is not accepted here.", code="certificate.not_accepted")
