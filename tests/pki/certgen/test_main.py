"""The generator as people run it, judged by openssl."""

import hashlib
import os
import resource
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki.certgen.options import usage
from tests.pki.certgen.running import (
    FAST,
    ROOT_FILES,
    SERVER_FILES,
    SIX,
    certgen,
    command,
    made,
    openssl,
    verify_strictly,
    with_own_mounts,
)

CERTIFLOW = (str(Path(sys.executable).with_name("certiflow")), "certgen")


def test_with_nothing_else_said_the_root_has_4096_bits_and_the_server_2048(tmp_path: Path) -> None:
    done = certgen(tmp_path, "/root", "/csn", program=CERTIFLOW)
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == SIX
    root, server = (tmp_path / name for name in ("agent_root_ca.cer", "agent_ssl_cert.cer"))
    text = openssl("x509", "-in", root, "-noout", "-text")
    assert "Public-Key: (4096 bit)" in text
    assert "CN = CM Agent CA" in text
    text = openssl("x509", "-in", server, "-noout", "-text")
    assert "Public-Key: (2048 bit)" in text
    name = socket.getfqdn().rstrip(".")
    name = (socket.gethostname() if name.startswith("localhost") else name).lower()
    assert f"Subject: CN = {name}\n" in text
    assert f"DNS:{name}\n" in text
    verify_strictly(root, server, tmp_path)


def test_the_six_files_are_there_and_the_secret_ones_are_private(generated: Path) -> None:
    assert made(generated) == SIX
    for name in SIX:
        expected = 0o644 if name.endswith(".cer") else 0o600
        assert (generated / name).stat().st_mode & 0o777 == expected, name


def test_the_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    done = certgen(tmp_path, "/root", *FAST, limit=lambda: os.umask(0) and None)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "agent_root_ca.key").stat().st_mode & 0o777 == 0o600


def test_root_alone_makes_the_three_files_of_the_root(tmp_path: Path) -> None:
    done = certgen(tmp_path, "--root", *FAST, "--days", "100", "--out", "new/folder")
    assert done.returncode == 0, done.stderr
    assert made(tmp_path / "new/folder") == ROOT_FILES
    der = (tmp_path / "new/folder/agent_root_ca.cer").read_bytes()
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(
        days=100, seconds=-1
    )


def test_a_second_server_needs_the_root_file_alone(generated: Path, tmp_path: Path) -> None:
    (tmp_path / "agent_root_ca.json").write_bytes((generated / "agent_root_ca.json").read_bytes())
    done = certgen(
        tmp_path, "/rootKey", "agent_root_ca.json", "/ssl", "/sn", "CM2.example.com",
        "--san", "10.0.0.7", "--san", "alias.example.com", "--days", "30",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == SERVER_FILES | {"agent_root_ca.json"}
    server = tmp_path / "agent_ssl_cert.cer"
    text = openssl("x509", "-in", server, "-noout", "-text")
    assert "DNS:cm2.example.com, IP Address:10.0.0.7, DNS:alias.example.com" in text
    assert "TLS Web Server Authentication" in text
    verify_strictly(generated / "agent_root_ca.cer", server, tmp_path)
    certificate = x509.load_der_x509_certificate(server.read_bytes())
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(
        days=30, seconds=-1
    )


def test_pem_is_written_on_demand(elliptic_root: Path, tmp_path: Path) -> None:
    done = certgen(tmp_path, "--rootKey", str(elliptic_root), "--sn", "*.example.com", "--pem")
    assert done.returncode == 0, done.stderr
    content = (tmp_path / "agent_ssl_cert.cer").read_text()
    assert content.startswith("-----BEGIN CERTIFICATE-----\n")
    assert "DNS:*.example.com" in openssl("x509", "-in", tmp_path / "agent_ssl_cert.cer", "-text")


def test_what_was_made_is_told_with_fingerprints_and_what_to_do_next(tmp_path: Path) -> None:
    done = certgen(tmp_path, "/root", *FAST, "/sn", "cm1.example.com")
    assert done.stderr == ""
    for name in SIX:
        assert name in done.stdout
    for name in ("agent_root_ca.cer", "agent_ssl_cert.cer"):
        der = (tmp_path / name).read_bytes()
        assert hashlib.sha1(der).hexdigest().upper() in done.stdout
        assert hashlib.sha256(der).hexdigest().upper() in done.stdout
    assert "its password is empty" in done.stdout
    assert "certgen --rootKey agent_root_ca.json --ssl --sn NAME" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("/root", "/rootKeySize", "512", "/sn", "a.example.com"), "can be broken"),
        (("/root", "/rootKeySize", "512", "--allow-weak-keys"), "can be broken"),
        (("/root", "/rootKeySize", "1024"), "--allow-weak-keys"),
        (("/root", "/rootKeySize", "8200"), "2048 to 8192"),
        (("/root", *FAST, "/sn", "a.example.com", "/sslKeySize", "8192"), "2048 to 4096"),
        (("/root", *FAST, "/sn", "a.example.com", "/sslKeySize", "1024"), "sslKeySize"),
        (("/root", *FAST, "/sn", "a.example.com", "/days", "826"), "825"),
        (("/root", *FAST, "/sn", "a.example.com", "/days", "0"), "one day at least"),
        (("/root", *FAST, "/sn", "a b"), "space"),
        (("/root", *FAST, "/sn", "10.0.0.1"), "IP address"),
        (("/root", *FAST, "/sn", "cm1.example.com."), "dot"),
        (("/root", *FAST, "/sn", "*"), "wildcard"),
        (("/root", *FAST, "/sn", "*.*.x"), "wildcard"),
        (("/root", *FAST, "/sn", "a" * 300), "300"),
        (("/root", *FAST, "/sn", "a.example.com", "--san", "b_c.example.com"), "underscore"),
        (("/root", *FAST, "/sn", "a.example.com", "/pwd", "x" * 129), "128 bytes"),
        (("/rootKey", "missing.json", "/ssl", "/sn", "a.example.com"), "cannot be read"),
        (("/root", *FAST, "/out", "/dev/null/x"), "/dev/null"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = certgen(tmp_path, *arguments)
    said = [line for line in done.stderr.splitlines() if not line.startswith("Warning: ")]
    assert done.returncode == 1
    assert len(said) == 1, said
    assert said[0].startswith("certgen: ")
    assert sentence in said[0]
    assert done.stdout == ""
    assert made(tmp_path) == set()


def test_weak_keys_are_made_only_on_demand_and_sign_again_with_a_warning(tmp_path: Path) -> None:
    weak = ("/sn", "a.example.com", "/sslKeySize", "1024", "--allow-weak-keys")
    done = certgen(tmp_path, "/root", "/rootKeySize", "1024", *weak)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is weak") == 2
    again = ("/rootKey", "../agent_root_ca.json")
    (tmp_path / "b").mkdir()
    assert certgen(tmp_path / "b", *again, "/sn", "b.example.com").returncode == 1
    done = certgen(tmp_path / "b", *again, *weak)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is weak") == 2


def test_files_are_replaced_only_by_force(tmp_path: Path) -> None:
    (tmp_path / "agent_ssl_cert.key").write_text("precious")
    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com")
    assert (done.returncode, "already exists" in done.stderr) == (1, True)
    assert made(tmp_path) == {"agent_ssl_cert.key"}
    assert (tmp_path / "agent_ssl_cert.key").read_text() == "precious"
    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com", "--force")
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == SIX
    assert (tmp_path / "agent_ssl_cert.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kilobytes", [4, 12, 20])
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, kilobytes: int) -> None:
    # Each of the six files takes a page of 4 KiB.
    done = with_own_mounts(
        f"mount -t tmpfs -o size={kilobytes}k tmpfs {tmp_path}; cd {tmp_path}; "
        f"{command('/root', *FAST, '/sn', 'a.example.com')} || echo exit $?; ls -A"
    )
    assert done.stdout == "exit 1\n"
    assert "No space left on device" in done.stderr


def test_a_full_disk_leaves_the_files_that_were_to_be_replaced(tmp_path: Path) -> None:
    making = command("/root", *FAST, "/sn", "a.example.com")
    done = with_own_mounts(
        f"mount -t tmpfs -o size=28k tmpfs {tmp_path}; cd {tmp_path}; {making} >/dev/null; "
        f"sums=$(sha256sum *); {making} --force || echo exit $?; "
        'test "$sums" = "$(sha256sum *)"; ls -A'
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["exit", "1", *sorted(SIX)]


def test_a_limit_on_the_size_of_files_leaves_nothing_half_written(tmp_path: Path) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com", limit=small)
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert made(tmp_path) == set()


def test_a_folder_whose_name_is_no_text_is_written_and_told(tmp_path: Path) -> None:
    folder = os.fsdecode(b"folder-\xff")
    done = certgen(tmp_path, "/root", *FAST, "/out", folder)
    assert done.returncode == 0, done.stderr
    assert made(tmp_path / folder) == ROOT_FILES
    assert "folder-\\udcff/agent_root_ca.key" in done.stdout


def test_usage_errors_end_with_two_and_help_with_zero(tmp_path: Path) -> None:
    done = certgen(tmp_path, "/nonsense")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    for spelling in ("/?", "-h", "--help", "/HELP"):
        shown = certgen(tmp_path, spelling)
        assert (shown.returncode, shown.stdout) == (0, usage() + "\n")
    assert made(tmp_path) == set()


def test_it_runs_without_django_database_or_settings(tmp_path: Path) -> None:
    script = (
        "import sys; from pki.certgen.main import main; "
        "code = main(['--root', '--rootKeySize', '2048', '--sn', 'a.example.com']); "
        "assert not [name for name in sys.modules if name.startswith('django')]; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert made(tmp_path) == SIX
