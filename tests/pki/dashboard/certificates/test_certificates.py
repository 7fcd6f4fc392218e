"""Finding, reading, downloading and revoking certificates."""

import subprocess
from pathlib import Path

import pytest
from django.test import Client

from pki.models import AuditEvent, Authority, Certificate, Server


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


def test_the_list_finds_by_name_serial_and_state(as_viewer: Client, issued: Certificate) -> None:
    for query in ("q=cm1", f"q={issued.serial_number[:9]}", "state=valid", "profile=server"):
        assert issued.serial_number[:16] in text(as_viewer.get(f"/certificates/?{query}")), query
    for query in ("q=nobody", "state=expired", "state=revoked", "profile=workstation"):
        page = text(as_viewer.get(f"/certificates/?{query}"))
        assert issued.serial_number[:16] not in page, query


def test_a_page_has_every_field_a_person_looks_for(
    as_viewer: Client, issued: Certificate, authority: Authority
) -> None:
    page = text(as_viewer.get(issued.get_absolute_url()))
    for wanted in ("cm1.example.com", "10.0.0.5", "EC P-256", "TLS server (serverAuth)",
                   "CN=CM Agent CA", "Subject key identifier", issued.sha256.upper(),
                   authority.get_absolute_url()):  # fmt: skip
        assert wanted in page, wanted


def test_serial_numbers_are_found_however_they_are_written(
    as_viewer: Client, issued: Certificate
) -> None:
    assert as_viewer.get(f"/certificates/{issued.serial_number.upper()}/").status_code == 200
    for serial in ("1234", "xyz", "%00", "a" * 50):
        assert as_viewer.get(f"/certificates/{serial}/").status_code == 404


@pytest.mark.parametrize("form", ["cer", "pem", "chain"])
def test_openssl_reads_the_public_downloads(
    as_viewer: Client, issued: Certificate, form: str, tmp_path: Path
) -> None:
    answer = as_viewer.get(f"{issued.get_absolute_url()}download/{form}")
    assert "attachment" in answer["Content-Disposition"]
    file = tmp_path / "file"
    file.write_bytes(answer.content)
    kind = "DER" if form == "cer" else "PEM"
    shown = subprocess.run(
        ["openssl", "x509", "-in", file, "-inform", kind, "-noout", "-fingerprint", "-sha256"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.strip().partition("=")[2].replace(":", "").lower() == issued.sha256


@pytest.mark.parametrize("form", ["key", "pfx", "json"])
def test_a_private_key_never_comes_by_get(
    as_administrator: Client, issued: Certificate, form: str
) -> None:
    assert as_administrator.get(f"{issued.get_absolute_url()}download/{form}").status_code == 405


@pytest.mark.parametrize("encryption", ["compatible", "modern", "legacy"])
def test_openssl_opens_the_pfx_and_the_trail_says_who_took_it(
    confirmed: Client, issued: Certificate, encryption: str, tmp_path: Path
) -> None:
    answer = confirmed.post(
        f"{issued.get_absolute_url()}download/pfx",
        {"pfx-password": "geheim 1", "pfx-password_again": "geheim 1",
         "pfx-encryption": encryption},
    )  # fmt: skip
    assert answer["Content-Type"] == "application/x-pkcs12", text(answer)
    assert answer["Cache-Control"] == "no-store"
    (tmp_path / "f.pfx").write_bytes(answer.content)
    shown = subprocess.run(
        ["openssl", "pkcs12", "-in", tmp_path / "f.pfx", "-nodes", "-passin", "pass:geheim 1"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert shown.count("BEGIN CERTIFICATE") == 2
    assert "BEGIN PRIVATE KEY" in shown
    event = AuditEvent.objects.get(event="private_key.exported")
    assert event.actor == "administrator"
    assert event.address == "127.0.0.1"
    assert "geheim" not in str(event.detail)


def test_the_key_comes_plain_or_encrypted(
    confirmed: Client, issued: Certificate, tmp_path: Path
) -> None:
    url = f"{issued.get_absolute_url()}download/key"
    plain = confirmed.post(url, {"key-password": "", "key-password_again": ""})
    assert plain.content.startswith(b"-----BEGIN PRIVATE KEY-----")
    sealed = confirmed.post(url, {"key-password": "abc", "key-password_again": "abc"})
    (tmp_path / "k").write_bytes(sealed.content)
    subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "k", "-passin", "pass:abc", "-noout", "-check"],
        check=True, capture_output=True,
    )  # fmt: skip


def test_two_different_passwords_are_refused_and_nothing_goes_out(
    confirmed: Client, issued: Certificate
) -> None:
    answer = confirmed.post(
        f"{issued.get_absolute_url()}download/pfx",
        {"pfx-password": "one", "pfx-password_again": "two", "pfx-encryption": "modern"},
    )
    assert answer.status_code == 400
    assert "The two passwords differ" in text(answer)
    assert not AuditEvent.objects.filter(event="private_key.exported").exists()


def test_only_administrators_take_private_keys(as_operator: Client, issued: Certificate) -> None:
    assert as_operator.get(f"{issued.get_absolute_url()}private-key/").status_code == 403
    answer = as_operator.post(f"{issued.get_absolute_url()}download/key", {})
    assert answer.status_code == 403
    assert b"PRIVATE KEY" not in answer.content


def test_the_password_has_to_be_entered_again_before_a_key_leaves(
    as_administrator: Client, issued: Certificate
) -> None:
    answer = as_administrator.get(f"{issued.get_absolute_url()}private-key/")
    assert answer.url.startswith("/accounts/reauthenticate/")
    answer = as_administrator.post(
        f"{issued.get_absolute_url()}download/key",
        {"key-password": "", "key-password_again": ""},
    )
    assert answer.url.startswith("/accounts/reauthenticate/")


def test_a_confirmation_is_not_fresh_for_ever(confirmed: Client, issued: Certificate) -> None:
    assert confirmed.get(f"{issued.get_absolute_url()}private-key/").status_code == 200
    session = confirmed.session
    methods = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**m, "at": m["at"] - 301} for m in methods]
    session.save()
    answer = confirmed.get(f"{issued.get_absolute_url()}private-key/")
    assert answer.url.startswith("/accounts/reauthenticate/")


def test_revoking_needs_an_administrator_and_a_reason(
    confirmed: Client, as_operator: Client, issued: Certificate, server: Server
) -> None:
    url = f"{issued.get_absolute_url()}revoke/"
    assert as_operator.post(url, {"reason": "keyCompromise", "sure": "on"}).status_code == 403
    confirmed.post(url, {"reason": "keyCompromise"})
    issued.refresh_from_db()
    assert issued.state == Certificate.State.ISSUED
    confirmed.post(url, {"reason": "keyCompromise", "sure": "on"})
    issued.refresh_from_db()
    assert (issued.state, issued.revocation_reason) == ("revoked", "keyCompromise")
    assert "may be known to others" in text(confirmed.get(issued.get_absolute_url()))
    again = confirmed.post(url, {"reason": "superseded", "sure": "on"})
    assert "was revoked on" in text(again)
    renewed = confirmed.post(
        f"/servers/{server.pk}/renew/",
        {"origin": "same", "days": "397", "expected": issued.pk},
    )
    assert "reported as compromised" in text(renewed)


def test_the_root_is_not_revoked(confirmed: Client, authority: Authority) -> None:
    root = authority.certificate
    answer = confirmed.post(
        f"{root.get_absolute_url()}revoke/", {"reason": "superseded", "sure": "on"}
    )
    assert "A root cannot revoke itself" in text(answer)


def test_commands_carry_the_values_of_this_certificate(
    as_viewer: Client, issued: Certificate
) -> None:
    page = text(as_viewer.get(issued.get_absolute_url()))
    for wanted in (
        f"AddSslCertificate('{issued.sha1.upper()}', 'My')",
        f"certhash={issued.sha1.upper()}",
        "ssl_certificate     /etc/nginx/tls/cm1.example.com.chain.pem;",
        "SSLCertificateKeyFile /etc/ssl/private/cm1.example.com.key",
        "bind :3003 ssl crt /etc/haproxy/certs/cm1.example.com.pem",
    ):
        assert wanted in page, wanted
