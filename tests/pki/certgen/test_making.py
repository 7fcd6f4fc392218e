"""What is in the files, judged by openssl and by the contract of the root file."""

import base64
import hashlib
import json
import socket
import subprocess
from pathlib import Path

import pytest

from pki.certgen.main import main
from tests.pki.certgen.running import certgen, openssl, verify_strictly


def test_openssl_verifies_the_server_certificate_strictly(generated: Path, tmp_path: Path) -> None:
    verify_strictly(generated / "agent_root_ca.cer", generated / "agent_ssl_cert.cer", tmp_path)


def test_keys_are_pkcs8_and_belong_to_their_certificates(generated: Path) -> None:
    for name in ("agent_root_ca", "agent_ssl_cert"):
        key = generated / f"{name}.key"
        assert key.read_text().startswith("-----BEGIN PRIVATE KEY-----")
        openssl("pkey", "-in", key, "-check", "-noout")
        public = openssl("pkey", "-in", key, "-pubout")
        certificate = generated / f"{name}.cer"
        assert public == openssl("x509", "-in", certificate, "-pubkey", "-noout")


def test_the_root_file_says_what_the_contract_promises(generated: Path) -> None:
    content = json.loads((generated / "agent_root_ca.json").read_text("utf-8"))
    der = (generated / "agent_root_ca.cer").read_bytes()
    assert content["version"] == 1
    assert base64.b64decode(content["certificate"]) == der
    assert content["thumbprint"] == hashlib.sha1(der).hexdigest().upper()
    assert content["sha256"].lower() == hashlib.sha256(der).hexdigest()
    assert content["keyAlgorithm"] == "RSA 2048"
    key = subprocess.run(
        ["openssl", "pkey", "-inform", "DER"], input=base64.b64decode(content["privateKey"]),
        capture_output=True, check=True,
    )  # fmt: skip
    assert key.stdout.decode() == (generated / "agent_root_ca.key").read_text()


@pytest.mark.parametrize(
    ("option", "cipher"),
    [
        ((), "pbeWithSHA1And3-KeyTripleDES-CBC"),
        (("--pfx-modern",), "AES-256-CBC"),
        (("--pfx-legacy",), "Iteration 2000"),
    ],
)
def test_the_pfx_holds_key_certificate_and_root(
    elliptic_root: Path, tmp_path: Path, option: tuple[str, ...], cipher: str
) -> None:
    done = certgen(
        tmp_path, "--rootkey", str(elliptic_root), "--ssl", "--sn", "cm3.example.com",
        "--pwd-stdin", *option, stdin="open sesame\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["openssl", "pkcs12", "-in", tmp_path / "agent_ssl_cert.pfx", "-nodes", "-info",
         "-passin", "pass:open sesame"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.count("BEGIN CERTIFICATE") == 2
    assert shown.stdout.count("BEGIN PRIVATE KEY") == 1
    assert cipher in shown.stderr


def test_without_a_password_the_pfx_opens_with_an_empty_one(generated: Path) -> None:
    pfx = generated / "agent_ssl_cert.pfx"
    shown = openssl("pkcs12", "-in", pfx, "-nodes", "-passin", "pass:")
    assert shown.count("BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("cm1.corp.example.com", 0, ""),
        ("cm1", 0, "has no domain"),
        ("my_host.example.com", 1, "csn, this computer's name"),
    ],
)
def test_csn_takes_the_name_of_this_computer_or_says_why_not(
    elliptic_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], name: str, code: int, sentence: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(socket, "getfqdn", lambda: name)
    out = tmp_path / "out"
    assert main(["/rootKey", str(elliptic_root), "/csn", "/out", str(out)]) == code
    assert sentence in capsys.readouterr().err
    if code == 0:
        text = openssl("x509", "-in", out / "agent_ssl_cert.cer", "-noout", "-text")
        assert f"DNS:{name}\n" in text
    else:
        assert not out.exists()
