"""Strangers ask OCSP whatever they like: the answer is OCSP's, and little of it is kept."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from django.test import Client
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as some

from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.certificate_row import parsed
from pki.actions.ocsp_responder import renew_responder
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.models import Authority, Certificate
from pki.publication import ocsp_answers
from pki.x509 import ocsp_messages as messages
from pki.x509.keys import KeySpec

ASKS = {"content_type": "application/ocsp-request"}
P256 = KeySpec.parse("ec-p256")
MALFORMED = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
SUCCESSFUL = ocsp.OCSPResponseStatus.SUCCESSFUL


@pytest.fixture
def plain(db: None) -> Iterator[bytes]:
    """A question that everybody asks, about a certificate that is good."""
    ocsp_answers.answers.cache_clear()
    root = create_authority(actor=SYSTEM, key_spec=P256)
    renew_responder(root.pk)
    for name in ("cm1.example.com", "cm2.example.com"):
        issue_for_server(add_server(name, actor=SYSTEM), actor=SYSTEM, key_spec=P256)
    yield asked("cm1.example.com")
    ocsp_answers.answers.cache_clear()


def asked(name: str, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
    row = Certificate.objects.get(common_name=name)
    issuer = parsed(Authority.objects.get().certificate)
    built = ocsp.OCSPRequestBuilder().add_certificate(
        parsed(row), issuer, algorithm or hashes.SHA1()
    )
    return built.build().public_bytes(Encoding.DER)


def extended(der: bytes, *extensions: tuple[str, bytes]) -> bytes:
    """The same question, with these extensions."""
    request = asn1.decode_der(messages.OCSPRequest, der)
    request.tbs.extensions = [
        messages.Extension(oid=x509.ObjectIdentifier(oid), critical=False, value=value)
        for oid, value in extensions
    ]
    return asn1.encode_der(request)


def joined(*ders: bytes) -> bytes:
    first, *others = (asn1.decode_der(messages.OCSPRequest, der) for der in ders)
    first.tbs.requests = [request for each in (first, *others) for request in each.tbs.requests]
    return asn1.encode_der(first)


def post(client: Client, der: bytes) -> ocsp.OCSPResponse:
    answer = client.post("/ocsp/", der, **ASKS)
    assert answer.status_code == 200
    return ocsp.load_der_ocsp_response(answer.content)


NONCE = "1.3.6.1.5.5.7.48.1.2"


@pytest.mark.parametrize("oid", [NONCE, "1.2.3.4"])
@pytest.mark.parametrize("several", [False, True])
def test_a_repeated_extension_is_malformed(
    client: Client, plain: bytes, oid: str, several: bool
) -> None:
    der = joined(plain, asked("cm2.example.com")) if several else plain
    twice = extended(der, (oid, b"\x04\x02ab"), (oid, b"\x04\x02cd"))
    assert post(client, twice).response_status is MALFORMED


@pytest.mark.parametrize("value", [b"", b"\x04", b"\x30\x00", b"\x04\x84\xff\xff\xff\xff", b"ab"])
def test_a_nonce_that_is_none_is_answered(client: Client, plain: bytes, value: bytes) -> None:
    """RFC 2560 had nonces without the octet string around them, so some of these are some."""
    for der in (plain, joined(plain, plain)):
        found = post(client, extended(der, (NONCE, value))).response_status
        assert found in {SUCCESSFUL, MALFORMED}


def test_a_large_request_is_malformed(client: Client, plain: bytes) -> None:
    der = extended(plain, ("1.2.3.4", b"x" * 9000))
    assert post(client, der).response_status is MALFORMED
    assert get(client, quote(base64.b64encode(der).decode(), safe="")) is MALFORMED
    assert post(client, b"x" * 200_000).response_status is MALFORMED


def get(client: Client, path: str) -> ocsp.OCSPResponseStatus:
    answer = client.get(f"/ocsp/{path}")
    assert answer.status_code == 200
    return ocsp.load_der_ocsp_response(answer.content).response_status


@pytest.mark.parametrize(
    "path",
    ["é", "%00", "%0A", "MA%0A", "MA", "M", "//", "a/b", "..", "%FF%FE", "=", "%25", "%E2%80%AE"],
)
def test_a_strange_path_is_malformed(client: Client, plain: bytes, path: str) -> None:
    assert get(client, path) is MALFORMED


def test_a_serial_number_beyond_every_limit_is_answered(client: Client, plain: bytes) -> None:
    request = asn1.decode_der(messages.OCSPRequest, plain)
    for bits in (158, 159, 160, 161, 200, 4000, 30000):
        request.tbs.requests[0].certificate.serial_number = (1 << bits) - 1
        assert post(client, asn1.encode_der(request)).response_status in {SUCCESSFUL, MALFORMED}


def test_a_question_about_several_is_answered_and_not_kept(client: Client, plain: bytes) -> None:
    kept = ocsp_answers.answers()
    assert post(client, joined(plain, asked("cm2.example.com"))).response_status is SUCCESSFUL
    assert kept.kept_bytes == 0
    post(client, plain)
    assert 0 < kept.kept_bytes < 3000


def test_many_large_questions_fill_no_memory(plain: bytes) -> None:
    """Each of them is another one, about a certificate that is good: all of them once kept."""
    answers = ocsp_answers.Answers()
    answers.find(plain)
    before = answers.kept_bytes
    for number in range(300):
        der = extended(plain, ("1.2.3.4", number.to_bytes(2) * 3000))
        answers.find(der)
    assert answers.kept_bytes == before


def test_what_is_kept_is_bounded_by_bytes(plain: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocsp_answers, "MOST_BYTES", 4000)
    answers = ocsp_answers.Answers()
    for name in ("cm1.example.com", "cm2.example.com"):
        for algorithm in (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
            der = asked(name, algorithm)
            assert answers.find(der) is answers.find(der)
            assert 0 < answers.kept_bytes <= 4000
    assert answers.kept_bytes == sum(
        ocsp_answers.size(der, answer) for der, answer in answers._kept.items()
    )


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=some.data())
def test_any_bytes_are_answered_as_ocsp(
    client: Client, plain: bytes, data: some.DataObject
) -> None:
    """Any, and those that are nearly a question."""
    der = bytearray(data.draw(some.sampled_from([plain, joined(plain, plain), b"0"])))
    for _ in range(data.draw(some.integers(0, 4))):
        at = data.draw(some.integers(0, len(der)))
        much = data.draw(some.integers(0, 3))
        der[at : at + much] = data.draw(some.binary(max_size=6))
    assume(der)
    answer = client.post("/ocsp/", bytes(der), **ASKS)
    assert answer.status_code == 200
    ocsp.load_der_ocsp_response(answer.content)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=some.text(min_size=1, max_size=60))
@example("\n")
def test_any_path_is_answered_as_ocsp(client: Client, plain: bytes, text: str) -> None:
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe="/")
    answer = client.get(f"/ocsp/{encoded}")
    assert answer.status_code == 200
    ocsp.load_der_ocsp_response(answer.content)
