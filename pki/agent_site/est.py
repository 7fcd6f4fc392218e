"""Enrollment over Secure Transport (RFC 7030)."""

import base64
import textwrap
from http import HTTPStatus

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from django.http import HttpRequest, HttpResponse

from pki.actions.actor import Actor
from pki.actions.certificate_row import parsed
from pki.actions.registration import Registration, register
from pki.actions.rollover.open_rollover import between_roots
from pki.agent_site import bodies, credentials
from pki.agent_site.announced_roots import announced_roots
from pki.agent_site.caller import caller
from pki.agent_site.lifetimes import ASK_AGAIN
from pki.agent_site.problems import answered
from pki.agent_site.renewing import renewed
from pki.client_address import client_address
from pki.errors import Unavailable
from pki.models import Certificate
from pki.x509 import requests

PKCS10 = "application/pkcs10"


@answered("GET", "HEAD")
def cacerts(_request: HttpRequest) -> HttpResponse:
    """The roots (section 4.1.3). Before the set-up there are none: 503."""
    roots = announced_roots()
    if not roots:
        raise Unavailable("There is no root yet.", code="authority.missing")
    certificates = [x509.load_pem_x509_certificate(root.pem) for root in roots]
    if len(roots) > 1:
        # Section 4.1.3 wants what leads from one root to the other as well.
        certificates += between_roots()
    return encoded(pkcs7.serialize_certificates(certificates, Encoding.DER), "")


@answered("GET", "HEAD")
def csrattrs(_request: HttpRequest) -> HttpResponse:
    """No attribute is asked for (section 4.5.2): the name and the key are enough."""
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@answered("POST")
def simpleenroll(request: HttpRequest) -> HttpResponse:
    """Section 4.2.1; the identifier of the agent is the request's common name."""
    parsed_request = requests.parse(bodies.base64_body(request, PKCS10))
    hostname = next(iter(parsed_request.names), "")
    registration = Registration(
        agent_id=parsed_request.common_name,
        request=parsed_request,
        hostname=hostname,
        agent_version="EST",
        token=credentials.token(request),
    )
    actor = Actor(
        name=parsed_request.common_name[:64] or "agent",
        door="est",
        address=client_address(request),
    )
    registered = register(registration, actor=actor)
    return answer(registered.certificate)


@answered("POST")
def simplereenroll(request: HttpRequest) -> HttpResponse:
    """Section 4.2.2, with the current certificate in the TLS connection."""
    known = caller(request, also_superseded=True)
    return answer(renewed(known, requests.parse(bodies.base64_body(request, PKCS10))))


def answer(certificate: Certificate | None) -> HttpResponse:
    if certificate is not None:
        return certs_only(certificate)
    response = HttpResponse(
        "An administrator has not decided about this workstation yet. Ask again with the same "
        "request, by simpleenroll.\n",
        status=HTTPStatus.ACCEPTED,
        content_type="text/plain; charset=utf-8",
    )
    response["Retry-After"] = str(ASK_AGAIN)
    return response


def certs_only(certificate: Certificate) -> HttpResponse:
    """The issued certificate alone (section 4.2.3)."""
    content = pkcs7.serialize_certificates([parsed(certificate)], Encoding.DER)
    return encoded(content, "; smime-type=certs-only")


def encoded(content: bytes, parameters: str) -> HttpResponse:
    # Line feeds alone: “base64 -d” takes a carriage return for a wrong letter.
    lines = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 64))
    response = HttpResponse(
        f"{lines}\n".encode(), content_type=f"application/pkcs7-mime{parameters}"
    )
    response["Content-Transfer-Encoding"] = "base64"
    response["Cache-Control"] = "no-store"
    return response
