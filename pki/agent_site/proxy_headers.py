"""How proxies write the certificate that a client has shown them into a header.

One format is switched on at a time: a proxy overwrites its own header only, so a caller could
send any other one through it.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


@dataclass(frozen=True)
class Format:
    """The header that holds the certificate, and the one that says whether it was accepted."""

    header: str
    #: The DER in the header's value. Raises ValueError for what this proxy does not write.
    decode: Callable[[str], bytes]
    verify_header: str = ""
    accepted: str = ""


def escaped_pem(value: str) -> bytes:
    """PEM of one certificate, percent-encoded (RFC 3986, section 2.1)."""
    text = unquote(value, errors="strict")
    # Two come from two headers of the same name: the first may be the caller's.
    [certificate] = x509.load_pem_x509_certificates(text.encode())
    return certificate.public_bytes(Encoding.DER)


def base64_der(value: str) -> bytes:
    der = base64.b64decode(value, validate=True)
    x509.load_der_x509_certificate(der)
    return der


def byte_sequence(value: str) -> bytes:
    """A byte sequence of structured fields (RFC 9440, section 2.2; RFC 8941, section 3.3.5)."""
    if len(value) < 2 or value[0] != ":" or value[-1] != ":":
        raise ValueError("This is no byte sequence.")
    return base64_der(value[1:-1])


PAIR = re.compile(r'([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^",;]*)')
ELEMENT = re.compile(rf"{PAIR.pattern}(?:;{PAIR.pattern})*")


def envoy_element(value: str) -> bytes:
    """The one element that Envoy writes when it is set to SANITIZE_SET.

    Of several elements somebody else would have written all but the last.
    """
    if not ELEMENT.fullmatch(value):
        raise ValueError("This is no single element of X-Forwarded-Client-Cert.")
    [pem] = [text.strip('"') for key, text in PAIR.findall(value) if key.lower() == "cert"]
    return escaped_pem(pem)


#: By the name that CERTIFLOW_PROXY_CERTIFICATE takes.
FORMATS = {
    # $ssl_client_escaped_cert and $ssl_client_verify; Apache writes the same (docs/proxies.md).
    "nginx": Format("X-Client-Certificate", escaped_pem, "X-Client-Verify", "SUCCESS"),
    "rfc9440": Format("Client-Cert", byte_sequence),
    # %[ssl_c_der,base64] and %[ssl_c_verify].
    "haproxy": Format("X-SSL-Client-Cert", base64_der, "X-SSL-Client-Verify", "0"),
    "envoy": Format("X-Forwarded-Client-Cert", envoy_element),
    "iis-arr": Format("X-ARR-ClientCert", base64_der),
}
