"""The root that rootKey names: what is read, and what is refused."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from pki.x509 import bundles, issuing, keys, root_file
from pki.x509.issuing import CertificateRequest
from pki.x509.keys import KeySpec
from pki.x509.profiles import SERVER
from tests.pki.certgen.running import SERVER_FILES, Done, certgen, made, verify_strictly

NOW = datetime.now(UTC)
KEY = keys.generate(KeySpec.parse("ec-p256"))
ROOT = issuing.root("CM Agent CA", KEY, now=NOW)


def sign_with(file: Path, *arguments: str, stdin: str = "") -> Done:
    out = ("--out", str(file.parent / "out"))
    return certgen(
        file.parent, "/rootKey", file.name, "/ssl", "/sn", "a.example.com", *out, *arguments,
        stdin=stdin,
    )  # fmt: skip


def refused(file: Path, content: bytes, *arguments: str, stdin: str = "") -> str:
    file.write_bytes(content)
    done = sign_with(file, *arguments, stdin=stdin)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1
    assert file.name in done.stderr
    assert made(file.parent) == {file.name}
    return done.stderr


def foreign_forms() -> dict[str, tuple[bytes, str]]:
    """Files people have of a root, and the password of each."""
    document = json.loads(root_file.write(ROOT, KEY))
    both = bundles.pem(ROOT) + keys.to_pem(KEY)
    renamed = {"Cert": bundles.pem(ROOT).decode(), "KEY": keys.to_pem(KEY).decode()}
    encryption = BestAvailableEncryption(b"sesame")
    pfx = pkcs12.serialize_key_and_certificates(b"x", KEY, ROOT, None, encryption)
    return {
        "ours.json": (json.dumps(document).encode(), ""),
        "ours-encrypted.json": (root_file.write(ROOT, KEY, "sesame"), "sesame"),
        "bom.json": (b"\xef\xbb\xbf" + json.dumps(document).encode(), ""),
        "other-names.json": (json.dumps(renamed).encode(), ""),
        "both.pem": (both, ""),
        "root.pfx": (pfx, "sesame"),
    }


@pytest.mark.parametrize("name", foreign_forms())
def test_a_root_is_read_from_whatever_form_it_has(tmp_path: Path, name: str) -> None:
    content, password = foreign_forms()[name]
    (tmp_path / name).write_bytes(content)
    given = ("--root-pwd-stdin",) if password else ()
    done = sign_with(tmp_path / name, *given, stdin=f"{password}\n")
    assert done.returncode == 0, done.stderr
    assert made(tmp_path / "out") == SERVER_FILES
    (tmp_path / "root.cer").write_bytes(bundles.der(ROOT))
    verify_strictly(tmp_path / "root.cer", tmp_path / "out/agent_ssl_cert.cer", tmp_path)


@pytest.mark.parametrize("name", ["ours-encrypted.json", "root.pfx"])
def test_a_protected_root_needs_its_password(tmp_path: Path, name: str) -> None:
    content, _ = foreign_forms()[name]
    assert "by root-pwd-stdin" in refused(tmp_path / name, content)
    wrong = refused(tmp_path / name, content, "--root-pwd-stdin", stdin="not this\n")
    assert "does not open" in wrong
    assert "not this" not in wrong


def test_what_cannot_sign_is_refused_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "file"
    past = issuing.root(
        "CM Agent CA", KEY, now=NOW - timedelta(days=100), lifetime=timedelta(days=9)
    )
    future = issuing.root("CM Agent CA", KEY, now=NOW + timedelta(days=100))
    request = CertificateRequest(SERVER, "a.example.com", KEY.public_key(), ("a.example.com",))
    server = issuing.issue(issuing.prepare(request, ROOT, now=NOW), KEY)
    stranger = keys.generate(KeySpec.parse("ec-p256"))
    for content, sentence in [
        (root_file.write(past, KEY), "This root expired on"),
        (root_file.write(future, KEY), "valid only from"),
        (root_file.write(server, KEY), "not an authority's certificate"),
        (root_file.write(ROOT, stranger), "does not belong to the certificate"),
        (bundles.der(ROOT), "has no private key"),
        (keys.to_pem(KEY), "has no certificate. Name agent_root_ca.json"),
        (b'{"certificate": "%s"}' % ("A" * 8).encode(), "no privateKey"),
        (b"{", "not a JSON document"),
        (b"\x00\x01\x02", "is none of agent_root_ca.json"),
        (b"", "is none of agent_root_ca.json"),
        (b"x" * (1024 * 1024 + 1), "is the most"),
    ]:
        assert sentence in refused(file, content)


def test_a_folder_is_no_root(tmp_path: Path) -> None:
    done = certgen(tmp_path, "/rootKey", ".", "/ssl", "/sn", "a.example.com")
    assert (done.returncode, "Is a directory" in done.stderr) == (1, True)


def test_a_server_certificate_ends_with_its_root_and_says_so(tmp_path: Path) -> None:
    short = issuing.root("CM Agent CA", KEY, now=NOW, lifetime=timedelta(days=50))
    (tmp_path / "short.json").write_bytes(root_file.write(short, KEY))
    done = sign_with(tmp_path / "short.json")
    assert done.returncode == 0, done.stderr
    assert f"the root ends soon, on {short.not_valid_after_utc:%Y-%m-%d}" in done.stderr
    ends = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "out/agent_ssl_cert.cer", "-noout", "-checkend",
         str(51 * 86400)],
        capture_output=True, check=False,
    )  # fmt: skip
    assert ends.returncode == 1
