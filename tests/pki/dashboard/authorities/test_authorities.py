"""The root's pages, and taking it out with its key."""

import json

from django.test import Client

from pki.models import AuditEvent, Authority, Certificate
from pki.x509 import root_file
from tests.pki.conftest import PASSWORD


def test_the_page_says_what_it_is_and_what_it_has_issued(
    as_viewer: Client, authority: Authority, issued: Certificate
) -> None:
    assert authority.get_absolute_url() in as_viewer.get("/authorities/").content.decode()
    page = as_viewer.get(authority.get_absolute_url()).content.decode()
    assert authority.certificate.sha256.upper() in page
    assert f"<span>{authority.certificate.sha256[:4].upper()}</span>" in page
    assert "<strong>1</strong> in all" in page
    assert issued.get_absolute_url() in page


def export(client: Client, authority: Authority, **fields: str) -> object:
    url = f"/certificates/{authority.certificate.serial_number}/download/json"
    return client.post(url, fields)


def test_the_root_file_is_exported_encrypted(confirmed: Client, authority: Authority) -> None:
    answer = export(confirmed, authority, password=PASSWORD, password_again=PASSWORD)
    content = answer.content  # type: ignore[attr-defined]
    assert "encryptedPrivateKey" in json.loads(content)
    assert root_file.read(content, PASSWORD).certificate.subject.rfc4514_string() == (
        "CN=CM Agent CA"
    )
    event = AuditEvent.objects.get(event="authority.exported")
    assert event.detail == {"encrypted": True}


def test_without_a_password_it_has_to_be_meant(confirmed: Client, authority: Authority) -> None:
    answer = export(confirmed, authority, password="", password_again="")
    assert b"Choose a password" in answer.content  # type: ignore[attr-defined]
    answer = export(confirmed, authority, password="", password_again="", unencrypted="on")
    assert "privateKey" in json.loads(answer.content)  # type: ignore[attr-defined]


def test_nobody_else_exports_it(as_operator: Client, authority: Authority) -> None:
    assert export(as_operator, authority).status_code == 403  # type: ignore[attr-defined]
    assert as_operator.get(f"/authorities/{authority.pk}/export/").status_code == 403
