"""`certiflow revoke`: by the serial number that any program shows."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from pki.errors import Conflict, InvalidInput, NotFound
from pki.models import Certificate
from tests.pki.management.conftest import Shell


def test_the_serial_number_is_taken_as_openssl_prints_it(
    shell: Shell, tmp_path: Path, openssl: Callable[..., str]
) -> None:
    shell.done(
        "issue", "--server", "gone.example.com", "--key-type", "ec-p256", "--out", str(tmp_path)
    )
    text = openssl("x509", "-in", tmp_path / "agent_ssl_cert.cer", "-noout", "-text")
    serial = text.split("Serial Number:")[1].split("Signature")[0].strip().upper()
    assert ":" in serial
    document = shell.document("revoke", serial, "--reason", "KEYCOMPROMISE")
    assert document["state"] == "revoked"
    assert document["revocation_reason"] == "keyCompromise"
    assert "was revoked on" in shell.refused("revoke", serial, "--reason", "superseded")


def test_it_says_which_server_needs_another_certificate(issued: Certificate) -> None:
    out = StringIO()
    call_command("revoke", issued.serial_number, reason="cessation-of-operation", stdout=out)
    assert "is revoked: cessationOfOperation" in out.getvalue()
    assert "certiflow renew --server cm1.example.com" in out.getvalue()


def test_leading_zeros_do_not_matter(issued: Certificate) -> None:
    call_command("revoke", f"0x00{issued.serial_number}", reason="superseded", stdout=StringIO())
    issued.refresh_from_db()
    assert issued.state == Certificate.State.REVOKED


def test_an_unknown_reason_lists_those_there_are(issued: Certificate) -> None:
    with pytest.raises(InvalidInput) as refusal:
        call_command("revoke", issued.serial_number, reason="boredom")
    for reason in Certificate.RevocationReason.values:
        assert reason in refusal.value.message
    issued.refresh_from_db()
    assert issued.state == Certificate.State.ISSUED


def test_a_serial_number_nobody_has_is_told_from_one_that_is_none(issued: Certificate) -> None:
    with pytest.raises(NotFound, match="no certificate with the serial number abc123"):
        call_command("revoke", "AB:C1:23", reason="superseded")
    with pytest.raises(InvalidInput, match=r"“cm1\.example\.com” is not a serial number"):
        call_command("revoke", "cm1.example.com", reason="superseded")


def test_the_root_is_not_revoked(issued: Certificate) -> None:
    assert issued.authority is not None
    with pytest.raises(Conflict, match="A root cannot revoke itself"):
        call_command("revoke", issued.authority.certificate.serial_number, reason="superseded")


def test_leaving_the_reason_out_is_wrong_usage(shell: Shell) -> None:
    finished = shell.run("revoke", "1234")
    assert finished.returncode == 2
    assert "--reason" in finished.stderr
