"""Reading OCSP requests and answering them (RFC 6960, profiled by RFC 5019)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki.errors import InvalidInput
from pki.x509 import ocsp_messages as messages
from pki.x509.revocation_lists import REASONS

#: From ``thisUpdate`` to ``nextUpdate`` of an answer.
LIFETIME = timedelta(hours=12)
#: A request with more questions than this is refused: each costs a look into the database.
MOST_QUESTIONS = 64
#: Section 4.1.2.2 of RFC 5280: 20 octets.
MOST_SERIAL = 1 << 159
#: RFC 9654, section 2.1.
NONCE_BYTES = range(1, 129)

NONCE = x509.OCSPNonce.oid
HASHES: dict[str, hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    "1.3.14.3.2.26": hashes.SHA1(),  # noqa: S303 - it names an issuer here, and protects nothing
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
ALGORITHMS = {algorithm.name: algorithm for algorithm in HASHES.values()}


@dataclass(frozen=True, slots=True)
class CertificateID:
    """Which certificate is asked about (section 4.1.1)."""

    #: A name of `cryptography`'s, such as sha1.
    algorithm: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int

    def is_possible(self) -> bool:
        """Whether any certificate can have it: hashes of the right length, a number of RFC 5280."""
        length = ALGORITHMS[self.algorithm].digest_size
        hashed = len(self.issuer_name_hash) == len(self.issuer_key_hash) == length
        return hashed and 0 <= self.serial_number < MOST_SERIAL

    def is_of(self, issuer: x509.Certificate) -> bool:
        name, key = issuer_hashes(issuer, self.algorithm)
        return self.issuer_name_hash == name and self.issuer_key_hash == key


@dataclass(frozen=True, slots=True)
class Question:
    certificates: tuple[CertificateID, ...]
    nonce: bytes | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of one certificate. ``revoked_at`` is aware and goes with a reason."""

    known: bool
    revoked_at: datetime | None = None
    reason: str = "unspecified"


GOOD = Status(known=True)
UNKNOWN = Status(known=False)


@dataclass(frozen=True)
class Responder:
    """A certificate with id-kp-OCSPSigning from the issuer asked about, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


#: Answers that nobody signs (section 4.2.1).
MALFORMED = unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
INTERNAL_ERROR = unsuccessful(ocsp.OCSPResponseStatus.INTERNAL_ERROR)
TRY_LATER = unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
#: Nothing of the issuer asked about is known here (RFC 5019, section 2.2.3).
UNAUTHORIZED = unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)


def read(der: bytes) -> Question:
    """Raises InvalidInput ``ocsp.malformed``. A signature of the client's is not looked at."""
    try:
        question = parsed(der)
    except Exception as error:
        # The library has an error of its own for many a thing that a stranger may send.
        raise malformed() from error
    if question.nonce is not None and len(question.nonce) not in NONCE_BYTES:
        raise malformed()
    if not all(each.is_possible() for each in question.certificates):
        raise malformed()
    return question


def parsed(der: bytes) -> Question:
    try:
        return read_one(der)
    except NotImplementedError:
        return read_several(der)


def read_one(der: bytes) -> Question:
    request = ocsp.load_der_ocsp_request(der)
    try:
        nonce = request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        nonce = None
    return Question(
        (
            CertificateID(
                ALGORITHMS[request.hash_algorithm.name].name
                if request.hash_algorithm.name in ALGORITHMS
                else unusable_hash(),
                request.issuer_name_hash,
                request.issuer_key_hash,
                request.serial_number,
            ),
        ),
        nonce,
    )


def read_several(der: bytes) -> Question:
    try:
        tbs = asn1.decode_der(messages.OCSPRequest, der).tbs
        extensions = {extension.oid: extension.value for extension in tbs.extensions or []}
        if len(extensions) != len(tbs.extensions or []):
            raise malformed()
        nonce = asn1.decode_der(bytes, extensions[NONCE]) if NONCE in extensions else None
        asked = [request.certificate for request in tbs.requests]
    except ValueError as error:
        raise malformed() from error
    if not 1 <= len(asked) <= MOST_QUESTIONS:
        raise malformed()
    return Question(tuple(certificate_id(each) for each in asked), nonce)


def certificate_id(told: messages.CertID) -> CertificateID:
    algorithm = HASHES.get(told.hash_algorithm.algorithm.dotted_string)
    return CertificateID(
        algorithm.name if algorithm else unusable_hash(),
        told.issuer_name_hash,
        told.issuer_key_hash,
        told.serial_number,
    )


def is_plain(der: bytes, question: Question) -> bool:
    """Whether ``der`` asks about one certificate and says nothing else, in its one spelling.

    Everybody asks so who does not mind an answer from a cache (RFC 5019, section 2.1).
    """
    if len(question.certificates) != 1 or question.nonce is not None:
        return False
    [asked] = question.certificates
    number = asked.serial_number
    serial = number.to_bytes(number.bit_length() // 8 + 1)
    parts = asked.algorithm, asked.issuer_name_hash, asked.issuer_key_hash
    return der == beginning(*parts, len(serial)) + serial


@lru_cache(maxsize=256)
def beginning(algorithm: str, name_hash: bytes, key_hash: bytes, length: int) -> bytes:
    """Of a plain request, up to a serial number of so many bytes."""
    any_as_long = 1 << (8 * length - 2)
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        name_hash, key_hash, any_as_long, ALGORITHMS[algorithm]
    )
    return builder.build().public_bytes(Encoding.DER)[:-length]


def unusable_hash() -> str:
    raise malformed()


def malformed() -> InvalidInput:
    return InvalidInput("This is no OCSP request of RFC 6960.", code="ocsp.malformed")


@cache
def issuer_hashes(issuer: x509.Certificate, algorithm: str) -> tuple[bytes, bytes]:
    """Of its name and of its key's bits, as `cryptography` takes them for a request."""
    request = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, ALGORITHMS[algorithm])
    built = request.build()
    return built.issuer_name_hash, built.issuer_key_hash


def answer(
    question: Question,
    statuses: Sequence[Status],
    responder: Responder,
    *,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> bytes:
    """The DER of a signed answer, one status for each certificate of ``question``.

    ``thisUpdate`` is ``now``. The responder's certificate comes with it, and the nonce.
    """
    window = now.replace(microsecond=0), now.replace(microsecond=0) + lifetime
    singles = [
        single_answer(asked, status, question.nonce, responder, window)
        for asked, status in zip(question.certificates, statuses, strict=True)
    ]
    if len(singles) == 1:
        return singles[0]
    return joined(singles, responder)


def single_answer(
    asked: CertificateID,
    status: Status,
    nonce: bytes | None,
    responder: Responder,
    window: tuple[datetime, datetime],
) -> bytes:
    revoked = status.revoked_at is not None
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=ALGORITHMS[asked.algorithm],
            cert_status=cert_status(status),
            this_update=window[0],
            next_update=window[1],
            revocation_time=status.revoked_at,
            revocation_reason=REASONS[status.reason]
            if revoked and status.reason != "unspecified"
            else None,
        )
        # The name would do as well; the hash is shorter and what RFC 5019 asks for.
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    signed = builder.sign(responder.key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def cert_status(status: Status) -> ocsp.OCSPCertStatus:
    if status.revoked_at is not None:
        return ocsp.OCSPCertStatus.REVOKED
    return ocsp.OCSPCertStatus.GOOD if status.known else ocsp.OCSPCertStatus.UNKNOWN


def joined(singles: Sequence[bytes], responder: Responder) -> bytes:
    """One answer that holds what each of ``singles`` says, signed as a whole."""
    whole = asn1.decode_der(messages.OCSPResponse, singles[0])
    parts = [
        asn1.decode_der(
            messages.BasicOCSPResponse,
            asn1.decode_der(messages.OCSPResponse, single).body.response,
        )
        for single in singles
    ]
    first = parts[0]
    first.data.responses = [response for part in parts for response in part.data.responses]
    signature = responder.key.sign(asn1.encode_der(first.data), ec.ECDSA(hashes.SHA256()))
    first.signature = asn1.BitString(signature, 0)
    whole.body.response = asn1.encode_der(first)
    return asn1.encode_der(whole)
