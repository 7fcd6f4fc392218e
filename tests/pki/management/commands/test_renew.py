"""`certiflow renew`: the next certificate of a server."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from pki.errors import Conflict, NotFound
from pki.models import Authority, Certificate, Server
from tests.pki.management.conftest import Shell


def test_a_new_certificate_replaces_the_files_and_keeps_the_history(
    shell: Shell, tmp_path: Path, openssl: Callable[..., str], trusting_only: Callable[..., str]
) -> None:
    first = shell.document(
        "issue", "--server", "again.example.com", "--key-type", "ec-p256", "--out", str(tmp_path)
    )
    before = openssl("x509", "-in", tmp_path / "agent_ssl_cert.cer", "-noout", "-pubkey")
    assert "already exist" in shell.refused(
        "renew", "--server", "again.example.com", "--out", str(tmp_path)
    )
    second = shell.document(
        "renew", "--server", "again.example.com", "--san", "more.again.example.com",
        "--out", str(tmp_path), "--force",
    )  # fmt: skip
    assert second["serial"] != first["serial"]
    assert second["key"] == "ec-p256"
    assert second["names"] == ["again.example.com", "more.again.example.com"]
    assert openssl("x509", "-in", tmp_path / "agent_ssl_cert.cer", "-noout", "-pubkey") != before
    assert trusting_only(tmp_path).endswith("OK")
    history = shell.document("certificates", "--server", "again.example.com")
    assert [(row["serial"], row["current"]) for row in history] == [
        (second["serial"], True), (first["serial"], False),
    ]  # fmt: skip


def test_the_same_key_goes_on_when_that_is_said(issued: Certificate) -> None:
    call_command("renew", server="cm1.example.com", same_key=True, stdout=StringIO())
    server = Server.objects.get(fqdn="cm1.example.com")
    assert server.certificate is not None
    assert server.certificate.pk != issued.pk
    assert server.certificate.public_key_sha256 == issued.public_key_sha256


def test_a_key_made_elsewhere_is_not_silently_replaced_by_one_made_here(
    shell: Shell, request_for: Callable[[str], Path]
) -> None:
    csr = str(request_for("home.example.com"))
    shell.done("issue", "--server", "home.example.com", "--csr", csr)
    sentence = shell.refused("renew", "--server", "home.example.com")
    for way_out in ("--csr", "--same-key", "--key-type"):
        assert way_out in sentence
    assert not shell.document("renew", "--server", "home.example.com", "--same-key")[
        "private_key_kept"
    ]
    made = shell.document("renew", "--server", "home.example.com", "--key-type", "ec-p384")
    assert (made["key"], made["private_key_kept"]) == ("ec-p384", True)


def test_a_server_without_a_certificate_is_sent_to_issue(server: Server) -> None:
    with pytest.raises(Conflict, match=r"certiflow issue --server cm1\.example\.com"):
        call_command("renew", server="cm1.example.com")


def test_what_to_type_next_is_safe_to_paste_for_a_wildcard(authority: Authority) -> None:
    with pytest.raises(NotFound, match=r"certiflow issue --server '\*\.example\.com'"):
        call_command("renew", server="*.example.com")


def test_an_unknown_server_is_named(issued: Certificate) -> None:
    with pytest.raises(NotFound, match=r"There is no server cm2\.example\.com"):
        call_command("renew", server="CM2.example.com")


def test_a_new_key_and_the_same_key_together_are_wrong_usage(shell: Shell) -> None:
    finished = shell.run(
        "renew", "--server", "x.example.com", "--same-key", "--key-type", "ec-p256"
    )
    assert finished.returncode == 2
