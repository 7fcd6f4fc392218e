"""The generator as people run it, judged by openssl."""

import base64
import contextlib
import hashlib
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pki.certgen import stores
from pki.certgen.main import main
from pki.certgen.options import UsageError, parse, usage
from pki.certgen.stores import Step
from pki.x509 import issuing, keys, root_file
from pki.x509.keys import KeySpec

SIX = {
    "agent_root_ca.json", "agent_root_ca.cer", "agent_root_ca.key",
    "agent_ssl_cert.cer", "agent_ssl_cert.key", "agent_ssl_cert.pfx",
}  # fmt: skip
THREE = {name for name in SIX if "ssl" in name}
FAST = ("--rootKeySize", "2048")


def certgen(
    directory: Path, *arguments: str, stdin: str = "", limit: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("certiflow"), "certgen", *arguments],
        cwd=directory, input=stdin, capture_output=True, text=True, preexec_fn=limit, check=False,
        env={name: value for name, value in os.environ.items() if "DJANGO" not in name},
    )  # fmt: skip


def openssl(*arguments: str | Path, stdin: str = "") -> str:
    done = subprocess.run(
        ["openssl", *arguments], capture_output=True, text=True, input=stdin, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def made(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a first server, as the seed sentence makes them but for the stores."""
    directory = tmp_path_factory.mktemp("generated")
    done = certgen(directory, "/root", "/csn")
    assert done.returncode == 0, done.stderr
    return directory


def test_the_six_files_are_there_and_the_secret_ones_are_private(generated: Path) -> None:
    assert made(generated) == SIX
    for name in SIX:
        secret = not name.endswith(".cer")
        assert (generated / name).stat().st_mode & 0o777 == (0o600 if secret else 0o644), name


def test_openssl_verifies_the_server_certificate_strictly(generated: Path) -> None:
    for name in ("agent_root_ca", "agent_ssl_cert"):
        pem = openssl("x509", "-inform", "DER", "-in", generated / f"{name}.cer")
        (generated.parent / f"{name}.pem").write_text(pem)
    root, server = (generated.parent / f"{n}.pem" for n in ("agent_root_ca", "agent_ssl_cert"))
    openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root, server)
    text = openssl("x509", "-in", root, "-noout", "-text")
    assert "Public-Key: (4096 bit)" in text
    assert "CN = CM Agent CA" in text
    assert "Public-Key: (2048 bit)" in openssl("x509", "-in", server, "-noout", "-text")


def test_csn_is_this_computer(generated: Path) -> None:
    name = socket.getfqdn()
    name = socket.gethostname() if name.startswith("localhost") else name
    text = openssl("x509", "-inform", "DER", "-in", generated / "agent_ssl_cert.cer", "-text")
    assert f"CN = {name.lower()}" in text
    assert f"DNS:{name.lower()}" in text


def test_keys_are_pkcs8_and_belong_to_their_certificates(generated: Path) -> None:
    for name in ("agent_root_ca", "agent_ssl_cert"):
        key = generated / f"{name}.key"
        assert key.read_text().startswith("-----BEGIN PRIVATE KEY-----")
        public = openssl("pkey", "-in", key, "-pubout")
        certificate = generated / f"{name}.cer"
        assert public == openssl("x509", "-inform", "DER", "-in", certificate, "-pubkey", "-noout")


def test_the_root_file_says_what_the_contract_promises(generated: Path) -> None:
    content = json.loads((generated / "agent_root_ca.json").read_text("utf-8"))
    der = (generated / "agent_root_ca.cer").read_bytes()
    assert content["version"] == 1
    assert base64.b64decode(content["certificate"]) == der
    assert content["thumbprint"] == hashlib.sha1(der).hexdigest().upper()
    assert content["sha256"].lower() == hashlib.sha256(der).hexdigest()
    assert content["keyAlgorithm"] == "RSA 4096"
    assert base64.b64decode(content["privateKey"])


def test_a_second_server_needs_the_root_file_alone(generated: Path, tmp_path: Path) -> None:
    (tmp_path / "agent_root_ca.json").write_bytes((generated / "agent_root_ca.json").read_bytes())
    done = certgen(
        tmp_path, "/rootKey", "agent_root_ca.json", "/ssl", "/sn", "CM2.example.com",
        "--san", "10.0.0.7", "--san", "alias.example.com", "--pem",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == THREE | {"agent_root_ca.json"}
    text = openssl("x509", "-in", tmp_path / "agent_ssl_cert.cer", "-noout", "-text")
    assert "DNS:cm2.example.com, IP Address:10.0.0.7, DNS:alias.example.com" in text
    root = tmp_path / "root.pem"
    root.write_text(openssl("x509", "-inform", "DER", "-in", generated / "agent_root_ca.cer"))
    openssl("verify", "-x509_strict", "-CAfile", root, tmp_path / "agent_ssl_cert.cer")


@pytest.mark.parametrize(
    ("option", "cipher"),
    [
        ((), "pbeWithSHA1And3-KeyTripleDES-CBC"),
        (("--pfx-modern",), "AES-256-CBC"),
        (("--pfx-legacy",), "Iteration 2000"),
    ],
)
def test_the_pfx_holds_key_certificate_and_root(
    generated: Path, tmp_path: Path, option: tuple[str, ...], cipher: str
) -> None:
    root = generated / "agent_root_ca.json"
    done = certgen(
        tmp_path, "--rootkey", str(root), "--ssl", "--sn", "cm3.example.com", "--pwd-stdin",
        *option, stdin="open sesame\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pfx = tmp_path / "agent_ssl_cert.pfx"
    shown = subprocess.run(
        ["openssl", "pkcs12", "-in", pfx, "-nodes", "-info", "-passin", "pass:open sesame"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.count("BEGIN CERTIFICATE") == 2
    assert shown.stdout.count("BEGIN PRIVATE KEY") == 1
    assert cipher in shown.stderr


def test_an_encrypted_root_file_needs_its_password(tmp_path: Path) -> None:
    made_root = certgen(
        tmp_path, "/root", *FAST, "/sn", "cm1.example.com", "--pwd-stdin", "--root-pwd-stdin",
        stdin="for the pfx\nfor the root\n",
    )  # fmt: skip
    assert made_root.returncode == 0, made_root.stderr
    content = json.loads((tmp_path / "agent_root_ca.json").read_text())
    assert "privateKey" not in content
    openssl("pkey", "-in", tmp_path / "agent_root_ca.key", "-passin", "pass:for the root")
    again = ("/rootKey", "agent_root_ca.json", "/ssl", "/sn", "x.example.com", "/out", "b")
    without = certgen(tmp_path, *again)
    assert (without.returncode, "is encrypted" in without.stderr) == (1, True)
    wrong = certgen(tmp_path, *again, "--root-pwd-stdin", stdin="no\n")
    assert (wrong.returncode, "does not open" in wrong.stderr) == (1, True)
    assert not (tmp_path / "b").exists()
    right = certgen(tmp_path, *again, "--root-pwd-stdin", stdin="for the root\n")
    assert right.returncode == 0, right.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("/root", "/rootKeySize", "512", "/sn", "a.example.com"), "can be broken"),
        (("/root", "/rootKeySize", "1024"), "--allow-weak-keys"),
        (("/root", "/rootKeySize", "8200"), "2048 to 8192"),
        (("/root", *FAST, "/sn", "a.example.com", "/sslKeySize", "8192"), "2048 to 4096"),
        (("/root", *FAST, "/sn", "a.example.com", "/days", "826"), "825"),
        (("/root", *FAST, "/sn", "a b"), "space"),
        (("/root", *FAST, "/sn", "10.0.0.1"), "IP address"),
        (("/root", *FAST, "/sn", "*.*.x"), "wildcard"),
        (("/root", *FAST, "/sn", "a.example.com", "--san", "b_c.example.com"), "underscore"),
        (("/rootKey", "missing.json", "/ssl", "/sn", "a.example.com"), "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = certgen(tmp_path, *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert made(tmp_path) == set()


def test_weak_keys_are_made_only_on_demand_and_with_a_warning(tmp_path: Path) -> None:
    done = certgen(
        tmp_path, "/root", *FAST, "/sn", "a.example.com", "/sslKeySize", "1024",
        "--allow-weak-keys",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "is weak" in done.stderr


def test_an_expired_root_signs_nothing(tmp_path: Path) -> None:
    key = keys.generate(KeySpec.parse("ec-p256"))
    past = datetime.now(UTC) - timedelta(days=100)
    root = issuing.root("CM Agent CA", key, now=past, lifetime=timedelta(days=10))
    (tmp_path / "old.json").write_bytes(root_file.write(root, key))
    done = certgen(tmp_path, "/rootKey", "old.json", "/ssl", "/sn", "a.example.com")
    assert (done.returncode, "This root expired on" in done.stderr) == (1, True)
    assert made(tmp_path) == {"old.json"}


def test_files_are_replaced_only_by_force(tmp_path: Path) -> None:
    (tmp_path / "agent_ssl_cert.key").write_text("precious")
    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com")
    assert (done.returncode, "already exists" in done.stderr) == (1, True)
    assert made(tmp_path) == {"agent_ssl_cert.key"}
    assert (tmp_path / "agent_ssl_cert.key").read_text() == "precious"
    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com", "--force")
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == SIX


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com", limit=full)
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert made(tmp_path) == set()


def test_a_password_in_the_arguments_works_with_a_warning(tmp_path: Path) -> None:
    done = certgen(tmp_path, "/root", *FAST, "/sn", "a.example.com", "/pwd", "abc")
    assert done.returncode == 0
    assert "process list" in done.stderr
    assert "abc" not in done.stdout + done.stderr
    openssl("pkcs12", "-in", tmp_path / "agent_ssl_cert.pfx", "-noout", "-passin", "pass:abc")


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/sbin/update-ca-certificates").exists(),
    reason="Only root may change the trust store of a Debian.",
)
def test_the_seed_sentence_puts_the_root_into_the_trust_store(tmp_path: Path) -> None:
    anchor = Path("/usr/local/share/ca-certificates/certiflow-cm-agent-ca.crt")
    try:
        done = certgen(tmp_path, "/root", "/csn", "/installToStore")
        assert done.returncode == 0, done.stderr
        assert made(tmp_path) == SIX
        assert "> update-ca-certificates" in done.stdout
        openssl(
            "verify", "-x509_strict", "-CApath", "/etc/ssl/certs", tmp_path / "agent_ssl_cert.cer"
        )
    finally:
        anchor.unlink(missing_ok=True)
        subprocess.run(["update-ca-certificates", "--fresh"], check=True, capture_output=True)


def test_without_the_rights_the_stores_stay_and_the_commands_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[Step] = []
    monkeypatch.setattr(stores, "has_rights", lambda: False)
    monkeypatch.setattr(stores, "run", lambda step, _password: ran.append(step))
    assert main(["/root", *FAST, "/csn", "/installToStore", "/out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "Nothing was put into the stores" in said
    assert "agent_root_ca.pem" in said
    assert ran == []
    assert made(tmp_path) == SIX


def test_windows_gets_its_own_commands_and_no_password_among_them() -> None:
    steps = stores.steps_for("Windows", Path("root.pem"), Path("it's.pfx"))
    assert steps[0].command[:2] == ("certutil", "-addstore")
    assert "LocalMachine\\My" in steps[1].command[-1]
    assert "'it''s.pfx'" in steps[1].command[-1]


@pytest.mark.parametrize(
    "spelling",
    [
        ["/root", "/rootKeySize", "2048", "/sn", "a.b.c"],
        ["--ROOT", "--root-key-size=2048", "--SN=a.b.c"],
        ["-root", "/ROOTKEYSIZE:2048", "/Sn:a.b.c"],
    ],
)
def test_every_spelling_means_the_same(spelling: list[str]) -> None:
    options = parse(spelling)
    assert (options.root, options.root_key_size, options.server_name) == (True, 2048, "a.b.c")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say what to make"),
        (["/ssl"], "needs the server's name"),
        (["/ssl", "/sn", "a"], "needs a root"),
        (["/root", "/rootKey", "f"], "either root"),
        (["/root", "/sn", "a", "/csn"], "either sn or csn"),
        (["/root", "/rootKeySize", "many"], "whole number"),
        (["/root", "/sn"], "needs a value"),
        (["/root:yes"], "takes no value"),
        (["/root", "/pasword", "x"], "Did you mean --pwd"),
        (["root"], "is no option"),
        (["/root", "/pwd", "a", "--pwd-stdin", "/sn", "a"], "either by pwd"),
        (["/root", "/san", "a"], "belongs to a server"),
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse(arguments)


@given(st.lists(st.text(max_size=20), max_size=6))
def test_no_command_line_breaks_the_reader(arguments: list[str]) -> None:
    with contextlib.suppress(UsageError):
        parse(arguments)


def test_usage_errors_end_with_two_and_help_with_zero(tmp_path: Path) -> None:
    assert certgen(tmp_path, "/nonsense").returncode == 2
    shown = certgen(tmp_path, "/?")
    assert (shown.returncode, shown.stdout) == (0, usage())


def test_it_runs_without_django_database_or_settings(tmp_path: Path) -> None:
    script = (
        "import sys; from pki.certgen.main import main; "
        "code = main(['--root', '--rootKeySize', '2048', '--sn', 'a.example.com']); "
        "assert not [name for name in sys.modules if name.startswith('django')]; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False)
    assert done.returncode == 0
    certificate = x509.load_der_x509_certificate((tmp_path / "agent_ssl_cert.cer").read_bytes())
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(
        days=397, seconds=-1
    )
