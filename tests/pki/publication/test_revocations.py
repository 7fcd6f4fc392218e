"""Revocation lists and OCSP as clients fetch them, without signing in."""

import base64
import time
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from django.http import HttpResponse
from django.test import Client

from pki.actions.actor import SYSTEM
from pki.actions.certificate_row import parsed
from pki.actions.ocsp_responder import renew_responder
from pki.actions.revocation import revoke
from pki.actions.rollover.stages import begin_reissuing
from pki.actions.rollover.starting import start_rollover
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.models import Authority, Certificate
from pki.publication import ocsp_answers
from pki.x509.keys import KeySpec

ASKS = {"content_type": "application/ocsp-request"}


@pytest.fixture(autouse=True)
def new_process() -> None:
    ocsp_answers.answers.cache_clear()


@pytest.fixture(autouse=True)
def responder(authority: Authority) -> None:
    """What the clock makes."""
    renew_responder(authority.pk)


@pytest.fixture
def now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question looks at what was revoked, as if a second had passed."""
    monkeypatch.setattr(ocsp_answers, "LOOK_AGAIN", 0.0)


def asked(certificate: Certificate, nonce: bytes = b"") -> bytes:
    assert certificate.authority is not None
    issuer = parsed(certificate.authority.certificate)
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        parsed(certificate), issuer, hashes.SHA256()
    )
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def post(client: Client, der: bytes) -> ocsp.OCSPResponse:
    response = client.post("/ocsp/", der, **ASKS)
    assert (response.status_code, response["Content-Type"]) == (200, "application/ocsp-response")
    return ocsp.load_der_ocsp_response(response.content)


def get(client: Client, der: bytes) -> HttpResponse:
    return client.get(f"/ocsp/{quote(base64.b64encode(der).decode(), safe='')}")


def test_a_list_comes_on_plain_http_with_what_caches_need(
    client: Client, authority: Authority
) -> None:
    response = client.get(f"/pki/{authority.pk}.crl")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pkix-crl")
    signed = x509.load_der_x509_crl(response.content)
    at = signed.last_update_utc.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert (response["Last-Modified"], response["Cache-Control"]) == (at, "public, max-age=300")
    again = client.get(f"/pki/{authority.pk}.crl", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
    again = client.get(f"/pki/{authority.pk}.crl", headers={"If-Modified-Since": at})
    assert again.status_code == 304


def test_a_new_list_has_another_etag(
    client: Client, authority: Authority, issued: Certificate
) -> None:
    before = client.get(f"/pki/{authority.pk}.crl")["ETag"]
    revoke(issued, "superseded", actor=SYSTEM)
    response = client.get(f"/pki/{authority.pk}.crl", headers={"If-None-Match": before})
    assert response.status_code == 200
    assert len(x509.load_der_x509_crl(response.content)) == 1


def test_an_authority_there_is_not_has_no_list(client: Client, authority: Authority) -> None:
    assert client.get(f"/pki/{uuid4()}.crl").status_code == 404


def test_ocsp_says_good_and_soon_after_revoking_revoked(
    client: Client, issued: Certificate, now_and_then: None
) -> None:
    assert post(client, asked(issued)).certificate_status is ocsp.OCSPCertStatus.GOOD
    revoke(issued, "keyCompromise", actor=SYSTEM)
    answer = post(client, asked(issued))
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_reason is x509.ReasonFlags.key_compromise


def test_an_answer_is_signed_once_and_given_again(client: Client, issued: Certificate) -> None:
    der = asked(issued)
    first = get(client, der)
    assert get(client, der).content == first.content
    assert client.post("/ocsp/", der, **ASKS).content == first.content
    assert first["Cache-Control"].startswith("public, max-age=")
    assert first["Expires"] > ""


def test_a_nonce_is_given_back_and_never_from_a_cache(client: Client, issued: Certificate) -> None:
    for nonce in (b"one", b"two"):
        answer = post(client, asked(issued, nonce))
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
    assert get(client, asked(issued, b"three"))["Cache-Control"] == "no-store"


def test_a_serial_number_never_issued_is_unknown(client: Client, issued: Certificate) -> None:
    assert issued.authority is not None
    issuer = parsed(issued.authority.certificate)
    known = ocsp.load_der_ocsp_request(asked(issued))
    der = (
        ocsp.OCSPRequestBuilder()
        .add_certificate_by_hash(
            known.issuer_name_hash, known.issuer_key_hash, 12345, hashes.SHA256()
        )
        .build()
        .public_bytes(Encoding.DER)
    )
    answer = post(client, der)
    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    [responder] = answer.certificates
    responder.verify_directly_issued_by(issuer)
    assert get(client, der)["Cache-Control"] == "no-store"


def test_another_authoritys_certificates_are_nobodys_business(
    client: Client, authority: Authority
) -> None:
    der = (
        ocsp.OCSPRequestBuilder()
        .add_certificate_by_hash(b"n" * 32, b"k" * 32, 5, hashes.SHA256())
        .build()
        .public_bytes(Encoding.DER)
    )
    assert post(client, der).response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("der", [b"no request", b"\x30\x03\x02\x01\x05"])
def test_nonsense_is_told_that_it_is(client: Client, authority: Authority, der: bytes) -> None:
    assert post(client, der).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_nonsense_by_get_is_told_that_it_is(client: Client, authority: Authority) -> None:
    answer = client.get("/ocsp/no-base64!")
    assert answer.status_code == 200
    status = ocsp.load_der_ocsp_response(answer.content).response_status
    assert status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_another_type_is_refused_in_words(client: Client, authority: Authority) -> None:
    answer = client.post("/ocsp/", b"{}", content_type="application/json")
    assert (answer.status_code, b"application/ocsp-request" in answer.content) == (415, True)


def test_without_a_responder_ocsp_asks_to_try_later(
    client: Client, authority: Authority, issued: Certificate
) -> None:
    Certificate.objects.filter(profile="ocsp-responder").update(state="abandoned")
    assert post(client, asked(issued)).response_status is ocsp.OCSPResponseStatus.TRY_LATER


def test_an_answer_made_from_what_was_known_before_a_revocation_is_not_kept(
    issued: Certificate,
) -> None:
    """One thread reads “good”, another one learns of the revocation, then the first would keep."""
    answers = ocsp_answers.Answers()
    der = asked(issued)
    seen = answers._look()
    answer = answers._made(der, ocsp_answers.ocsp.read(der), seen, ocsp_answers.timezone.now())
    revoke(issued, "superseded", actor=SYSTEM)
    answers._looked_at = time.monotonic() - 2
    answers._look()
    answers._keep(der, answer, seen)
    assert answers.find(der).der != answer.der


def test_a_root_that_has_ended_keeps_nobody_from_an_answer_about_another(
    client: Client, authority: Authority
) -> None:
    with time_machine.travel(authority.certificate.not_after + timedelta(days=1)):
        rollover = start_rollover(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
        begin_reissuing(rollover, actor=SYSTEM)
        server = add_server("cm9.example.com", actor=SYSTEM)
        issued = issue_for_server(server, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
        row = Certificate.objects.select_related("authority__certificate").get(pk=issued.pk)
        renew_responder(row.authority_id)
        answer = client.post("/ocsp/", asked(row), **ASKS)
    found = ocsp.load_der_ocsp_response(answer.content)
    assert found.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
    assert found.certificate_status == ocsp.OCSPCertStatus.GOOD
