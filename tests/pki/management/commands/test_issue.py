"""`certiflow issue`: from a name to the files a server wants."""

import stat
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from pki.actions.actor import SYSTEM
from pki.actions.servers import add_server
from pki.errors import Conflict, Unavailable
from pki.management import certificate_files
from pki.models import AuditEvent, Authority, Certificate, Server
from tests.pki.management.conftest import Shell

OpenSSL = Callable[..., str]


def test_openssl_accepts_the_files_of_a_new_server(
    shell: Shell, tmp_path: Path, openssl: OpenSSL, trusting_only: OpenSSL
) -> None:
    out = tmp_path / "files"
    said = shell.done(
        "issue", "--server", "Files.Example.com", "--san", "10.0.0.7", "--san", "alias.example.com",
        "--out", str(out), "--pwd-stdin", stdin="of the pfx\n",
    )  # fmt: skip
    assert "files.example.com has its certificate." in said
    assert "of the pfx" not in said
    names = ["agent_root_ca.cer", "agent_ssl_cert.cer", "agent_ssl_cert.key", "agent_ssl_cert.pfx"]
    assert sorted(path.name for path in out.iterdir()) == names
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()}
    assert modes["agent_ssl_cert.key"] == modes["agent_ssl_cert.pfx"] == 0o600
    judged = trusting_only(out, "-purpose", "sslserver", "-verify_hostname", "alias.example.com")
    assert judged.endswith("OK")
    text = openssl("x509", "-in", out / "agent_ssl_cert.cer", "-noout", "-text")
    assert "DNS:files.example.com, IP Address:10.0.0.7, DNS:alias.example.com" in text
    public = openssl("x509", "-in", out / "agent_ssl_cert.cer", "-noout", "-pubkey")
    assert openssl("pkey", "-in", out / "agent_ssl_cert.key", "-pubout") == public
    pfx = openssl(
        "pkcs12", "-in", out / "agent_ssl_cert.pfx", "-passin", "stdin", "-nokeys",
        stdin="of the pfx\n",
    )  # fmt: skip
    assert pfx.count("BEGIN CERTIFICATE") == 2


def test_without_a_directory_it_prints_what_to_compare_and_what_to_do_next(shell: Shell) -> None:
    said = shell.done("issue", "--server", "printed.example.com", "--key-type", "ec-p256")
    row = shell.document("certificates", "--server", "printed.example.com")[0]
    assert row["serial"] in said
    assert row["fingerprints"]["sha1"].upper() in said
    assert "EC P-256" in said
    assert f"certiflow certificates {row['serial']} --out DIR" in said


def test_json_is_one_document_with_the_files(shell: Shell, tmp_path: Path) -> None:
    document = shell.document(
        "issue", "--server", "*.json.example.com", "--key-type", "ec-p384", "--days", "30",
        "--out", str(tmp_path), "--pem",
    )  # fmt: skip
    assert document["names"] == ["*.json.example.com"]
    assert document["condition"] == "expiring"
    assert document["authority"] == "CM Agent CA"
    assert all(Path(path).exists() for path in document["files"])
    assert (tmp_path / "agent_ssl_cert.cer").read_bytes().startswith(b"-----BEGIN CERTIFICATE")


def test_a_request_keeps_its_key_at_home(
    shell: Shell, tmp_path: Path, openssl: OpenSSL, request_for: Callable[[str], Path]
) -> None:
    csr = request_for("request.example.com")
    out = tmp_path / "out"
    said = shell.done(
        "issue", "--server", "request.example.com", "--csr", str(csr), "--out", str(out)
    )
    assert sorted(path.name for path in out.iterdir()) == [
        "agent_root_ca.cer",
        "agent_ssl_cert.cer",
    ]
    public = openssl("x509", "-in", out / "agent_ssl_cert.cer", "-noout", "-pubkey")
    assert public == openssl("req", "-in", csr, "-noout", "-pubkey")
    assert "where the certificate request was made" in said


def test_a_second_certificate_is_a_renewal(shell: Shell) -> None:
    shell.done("issue", "--server", "twice.example.com", "--key-type", "ec-p256")
    sentence = shell.refused("issue", "--server", "twice.example.com")
    assert "certiflow renew --server twice.example.com" in sentence
    assert len(shell.document("certificates", "--server", "twice.example.com")) == 1


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--server", "a b"], "has a space in it"),
        (["--server", "cm.example.com."], "ends with a dot"),
        (["--server", "no_good.example.com"], "has an underscore"),
        (["--server", "10.0.0.1"], "is an IP address"),
        (["--server", "bad.example.com", "--san", "*.*.x"], "not a wildcard"),
        (["--server", "bad.example.com", "--days", "0"], "from 1 to 825"),
        (["--server", "bad.example.com", "--days", "826"], "826 days are too long"),
        (["--server", "bad.example.com", "--csr", "/nowhere/x"], "/nowhere/x cannot be read"),
        (["--server", "bad.example.com", "--csr", __file__], "not a certificate request"),
    ],
)
def test_bad_input_gets_its_sentence_and_changes_nothing(
    shell: Shell, arguments: list[str], part: str
) -> None:
    assert part in shell.refused("issue", *arguments)
    assert "no server bad.example.com" in shell.refused(
        "certificates", "--server", "bad.example.com"
    )


def test_a_request_for_another_name_adds_no_server(
    shell: Shell, request_for: Callable[[str], Path]
) -> None:
    csr = request_for("other.example.com")
    sentence = shell.refused("issue", "--server", "wanted.example.com", "--csr", str(csr))
    assert "asks for other.example.com" in sentence
    assert "no server" in shell.refused("certificates", "--server", "wanted.example.com")


def test_files_in_the_way_are_found_before_anything_is_issued(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "agent_ssl_cert.key").write_text("somebody's")
    arguments = ("issue", "--server", "way.example.com", "--out", str(tmp_path))
    assert "agent_ssl_cert.key already exists" in shell.refused(*arguments)
    assert "no server" in shell.refused("certificates", "--server", "way.example.com")
    assert (tmp_path / "agent_ssl_cert.key").read_text() == "somebody's"
    shell.done(*arguments, "--force")
    assert "PRIVATE KEY" in (tmp_path / "agent_ssl_cert.key").read_text()


def test_a_directory_that_cannot_be_made_is_found_before_anything_is_issued(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "below"
    sentence = shell.refused("issue", "--server", "below.example.com", "--out", str(out))
    assert "Nothing was done" in sentence
    assert "no server" in shell.refused("certificates", "--server", "below.example.com")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--server", "u.example.com", "--key-type", "rsa-1024"],
        ["--server", "u.example.com", "--key-type", "ec-p256", "--csr", "x.csr"],
        ["--server", "u.example.com", "--pwd-stdin"],
        ["--server", "u.example.com", "--out", "d", "--pwd-stdin", "--csr", "x.csr"],
        ["--server", "u.example.com", "--days", "soon"],
        ["--server", "u.example.com", "--surprise"],
    ],
)
def test_wrong_usage_ends_with_2(shell: Shell, arguments: list[str]) -> None:
    finished = shell.run("issue", *arguments)
    assert finished.returncode == 2
    assert "usage: certiflow issue" in finished.stderr


def test_a_disk_that_fills_up_after_issuing_leaves_a_way_to_the_files(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> list[Path]:
        raise Unavailable("The files could not be written: disk full.", code="files.not_written")

    monkeypatch.setattr(certificate_files, "write_all", full)
    with pytest.raises(Unavailable) as refusal:
        call_command("issue", server="full.example.com", out=tmp_path, key_type="ec-p256")
    row = Certificate.objects.get(common_name="full.example.com")
    assert row.state == Certificate.State.ISSUED
    assert f"certiflow certificates {row.serial_number} --out DIR" in refusal.value.message


def test_names_are_added_to_a_server_that_waits_for_its_first_certificate(
    authority: Authority,
) -> None:
    add_server("known.example.com", actor=SYSTEM, additional_names=["one.example.com"])
    call_command(
        "issue", "--server", "known.example.com", "--san", "two.example.com", "--san",
        "one.example.com", "--key-type", "ec-p256", stdout=StringIO(),
    )  # fmt: skip
    row = Certificate.objects.get(common_name="known.example.com")
    assert row.names == ["known.example.com", "one.example.com", "two.example.com"]


@pytest.mark.django_db
def test_without_a_root_no_server_is_added() -> None:
    with pytest.raises(Conflict, match="There is no root yet"):
        call_command("issue", server="early.example.com")
    assert not Server.objects.exists()


def test_the_audit_trail_says_who_and_that_a_key_went_out(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "olga")
    call_command(
        "issue", server="audit.example.com", out=tmp_path, key_type="ec-p256", stdout=StringIO()
    )
    events = AuditEvent.objects.filter(object_label__contains="audit.example.com")
    assert {(event.actor, event.door) for event in events} == {("olga", "command")}
    assert [event.event for event in events.order_by("id")] == [
        "server.added", "certificate.issued", "private_key.exported", "private_key.exported",
    ]  # fmt: skip
