"""OCSP requests as others make them, and answers as others read them."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as theirs
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidInput
from pki.x509 import issuing, keys, ocsp, profiles
from pki.x509 import ocsp_messages as messages

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ROOT_KEY = keys.generate(keys.KeySpec.parse("ec-p384"))
ROOT = issuing.root("CM Agent CA", ROOT_KEY, now=NOW - timedelta(days=1))
OTHER = issuing.root("CM Agent CA", keys.generate(keys.KeySpec.parse("ec-p256")), now=NOW)


def responder() -> ocsp.Responder:
    key = ec.generate_private_key(ec.SECP256R1())
    request = issuing.CertificateRequest(
        profiles.OCSP_RESPONDER, "CM Agent CA OCSP", key.public_key()
    )
    return ocsp.Responder(issuing.issue(issuing.prepare(request, ROOT, now=NOW), ROOT_KEY), key)


RESPONDER = responder()


def request(serial: int, nonce: bytes | None = None, algorithm: object = None) -> bytes:
    asked = theirs.OCSPRequestBuilder().add_certificate_by_hash(
        *ocsp.issuer_hashes(ROOT, "sha256" if algorithm is None else algorithm.name),
        serial,
        algorithm or hashes.SHA256(),
    )
    if nonce is not None:
        asked = asked.add_extension(x509.OCSPNonce(nonce), critical=False)
    return asked.build().public_bytes(Encoding.DER)


def several(serials: list[int], nonce: bytes | None = None) -> bytes:
    """As openssl writes it for more than one -serial."""
    name, key = ocsp.issuer_hashes(ROOT, "sha1")
    sha1 = messages.HashAlgorithm(
        algorithm=x509.ObjectIdentifier("1.3.14.3.2.26"), parameters=asn1.Null()
    )
    requests = [
        messages.Request(
            certificate=messages.CertID(
                hash_algorithm=sha1,
                issuer_name_hash=name,
                issuer_key_hash=key,
                serial_number=serial,
            ),
            extensions=None,
        )
        for serial in serials
    ]
    extensions = None
    if nonce is not None:
        value = asn1.encode_der(nonce)
        extensions = [messages.Extension(oid=ocsp.NONCE, critical=False, value=value)]
    tbs = messages.TBSRequest(version=0, requests=requests, extensions=extensions)
    return asn1.encode_der(messages.OCSPRequest(tbs=tbs, signature=None))


def answered(der: bytes, *statuses: ocsp.Status) -> theirs.OCSPResponse:
    made = ocsp.answer(ocsp.read(der), statuses, RESPONDER, now=NOW)
    return theirs.load_der_ocsp_response(made)


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384()])
def test_what_is_asked_is_read(algorithm: object) -> None:
    question = ocsp.read(request(77, b"n" * 16, algorithm))
    [asked] = question.certificates
    assert (asked.serial_number, question.nonce) == (77, b"n" * 16)
    assert asked.is_of(ROOT)
    # The same name with another key is another issuer.
    assert not asked.is_of(OTHER)


@pytest.mark.parametrize(
    ("status", "expected", "reason"),
    [
        (ocsp.GOOD, theirs.OCSPCertStatus.GOOD, None),
        (ocsp.UNKNOWN, theirs.OCSPCertStatus.UNKNOWN, None),
        (
            ocsp.Status(True, NOW, "keyCompromise"),
            theirs.OCSPCertStatus.REVOKED,
            x509.ReasonFlags.key_compromise,
        ),
        (ocsp.Status(True, NOW), theirs.OCSPCertStatus.REVOKED, None),
    ],
)
def test_an_answer_says_what_is_known(
    status: ocsp.Status, expected: theirs.OCSPCertStatus, reason: x509.ReasonFlags | None
) -> None:
    answer = answered(request(77, b"once"), status)
    assert (answer.certificate_status, answer.revocation_reason) == (expected, reason)
    assert answer.serial_number == 77
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"once"
    assert answer.next_update_utc == NOW + timedelta(hours=12)
    [certificate] = answer.certificates
    certificate.verify_directly_issued_by(ROOT)
    certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    RESPONDER.key.public_key().verify(
        answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256())
    )


def test_several_questions_get_one_answer_with_as_many_statuses() -> None:
    question = ocsp.read(several([1, 2, 3], b"together"))
    assert question.nonce == b"together"
    statuses = [ocsp.GOOD, ocsp.Status(True, NOW, "superseded"), ocsp.UNKNOWN]
    answer = theirs.load_der_ocsp_response(ocsp.answer(question, statuses, RESPONDER, now=NOW))
    assert [(each.serial_number, each.certificate_status) for each in answer.responses] == [
        (1, theirs.OCSPCertStatus.GOOD),
        (2, theirs.OCSPCertStatus.REVOKED),
        (3, theirs.OCSPCertStatus.UNKNOWN),
    ]
    RESPONDER.key.public_key().verify(
        answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256())
    )


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30\x00",
        b"x" * 500,
        request(77)[:-1],
        request(77) + b"\x00",
        several([1, 2])[:-1],
        several([1, 2], b""),
        several([1, 2], b"n" * 129),
        several(list(range(1, ocsp.MOST_QUESTIONS + 2))),
        request(77, b"n" * 129),
        request(77, b""),
    ],
    ids=[
        "empty",
        "no fields",
        "no DER",
        "cut",
        "longer",
        "several cut",
        "several, empty nonce",
        "several, long nonce",
        "too many",
        "long nonce",
        "empty nonce",
    ],
)
def test_what_is_no_request_is_refused(der: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        ocsp.read(der)
    assert refused.value.code == "ocsp.malformed"


@given(st.binary(max_size=200) | st.sampled_from([request(77), several([1, 2])]), st.data())
def test_nothing_sent_breaks_the_reader(der: bytes, data: st.DataObject) -> None:
    """Whatever comes is answered or refused as malformed, and never ends in another error."""
    if der:
        at = data.draw(st.integers(min_value=0, max_value=len(der) - 1))
        der = der[:at] + bytes([data.draw(st.integers(0, 255))]) + der[at + 1 :]
    try:
        question = ocsp.read(der)
    except InvalidInput:
        pass
    else:
        unknown = [ocsp.UNKNOWN] * len(question.certificates)
        assert ocsp.answer(question, unknown, RESPONDER, now=NOW)


@pytest.mark.parametrize("serial", [1, 127, 128, 255, 256, 2**64, 2**159 - 1])
@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA512()])
def test_a_question_as_everybody_asks_it_is_plain(
    serial: int, algorithm: hashes.HashAlgorithm
) -> None:
    der = request(serial, algorithm=algorithm)
    assert ocsp.is_plain(der, ocsp.read(der))


def test_a_question_with_anything_else_is_not_plain() -> None:
    der = request(5, nonce=b"nonce")
    assert not ocsp.is_plain(der, ocsp.read(der))
    plain = request(5)
    question = ocsp.read(plain)
    assert not ocsp.is_plain(plain + b"\0", question)
    assert not ocsp.is_plain(plain[:-1] + b"\6", question)


def test_a_serial_number_that_no_certificate_can_have_is_malformed() -> None:
    asked = asn1.decode_der(messages.OCSPRequest, request(5))
    asked.tbs.requests[0].certificate.serial_number = 2**159
    with pytest.raises(InvalidInput):
        ocsp.read(asn1.encode_der(asked))
