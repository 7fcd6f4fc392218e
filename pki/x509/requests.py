"""Certificate requests (PKCS#10, RFC 2986): reading them and proving possession of the key."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from pki.errors import InvalidInput
from pki.x509 import keys, names
from pki.x509.foreign_keys import foreign_key
from pki.x509.reading import reading

#: Bytes. A request with an RSA key of 8192 bits and a hundred names is below 8 KiB.
SIZE_LIMIT = 64 * 1024


@dataclass(frozen=True)
class ParsedRequest:
    """What a certificate request asks for, its signature verified."""

    common_name: str
    #: DNS names and IP addresses it asks for, canonical, in its order.
    names: tuple[str, ...]
    public_key: keys.PublicKey
    #: What it asks for beyond that and does not get, in words.
    ignored: tuple[str, ...]

    @property
    def spec(self) -> keys.KeySpec:
        return keys.spec_of(self.public_key)


def unreadable() -> InvalidInput:
    return refusal("The certificate request cannot be read. Make a new one.", "unreadable")


@reading(unreadable)
def parse(data: bytes) -> ParsedRequest:
    """A request in PEM or DER, at most 64 KiB, whose signature its own key made.

    Raises InvalidInput on the field ``csr``: ``request.too_large``, ``request.unreadable``,
    ``request.signature``, ``key.…`` or ``name.…``.
    """
    if len(data) > SIZE_LIMIT:
        raise refusal(
            f"The certificate request has {len(data):,} bytes; {SIZE_LIMIT:,} is the most. Check "
            "that this is the right file.",
            "too_large",
        )
    request = load(data)
    public_key = foreign_key(request, field="csr")
    try:
        valid = request.is_signature_valid
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        raise refusal(
            "The key or the signature of the certificate request cannot be read. Make a new "
            "request with an RSA or EC key and SHA-256.",
            "signature",
        ) from None
    if not valid:
        raise refusal(
            "The signature of the certificate request is wrong: it was damaged or changed after "
            "it was made. Make a new one on the server.",
            "signature",
        )
    wanted, ignored = extensions(request)
    return ParsedRequest(
        common_name=subject_common_name(request),
        names=tuple(wanted),
        public_key=public_key,
        ignored=tuple(ignored),
    )


def load(data: bytes) -> x509.CertificateSigningRequest:
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_csr(data)
        return x509.load_der_x509_csr(data)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        pass
    if b"PRIVATE KEY-----" in data:
        raise refusal(
            "This is a private key, not a certificate request. Keep it where it was made, treat "
            "it as seen by others, and send the request (.csr or .req) of a new one.",
            "private_key",
        )
    raise refusal(
        "This is not a certificate request. It begins with -----BEGIN CERTIFICATE REQUEST----- "
        "in PEM, or is the same in DER.",
        "unreadable",
    )


def subject_common_name(request: x509.CertificateSigningRequest) -> str:
    try:
        attributes = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return ""
    return str(attributes[0].value) if attributes else ""


def extensions(request: x509.CertificateSigningRequest) -> tuple[list[str], list[str]]:
    """The names it asks for, and what else it asks for, in words."""
    wanted: list[str] = []
    ignored: list[str] = []
    with reading(unreadable_extensions):
        asked = list(request.extensions)
    for extension in asked:
        if not isinstance(extension.value, x509.SubjectAlternativeName):
            ignored.append(extension.oid._name)
            continue
        for name in extension.value:
            if isinstance(name, x509.DNSName | x509.IPAddress):
                wanted.append(names.alternative_name(names.display(name), field="csr"))
            else:
                ignored.append(names.display(name))
    return list(dict.fromkeys(wanted)), ignored


def unreadable_extensions() -> InvalidInput:
    return refusal(
        "The extensions of the certificate request cannot be read: one is damaged, or there "
        "twice. Make a new request.",
        "unreadable",
    )


def refusal(message: str, code: str) -> InvalidInput:
    return InvalidInput(message, code=f"request.{code}", field="csr")
