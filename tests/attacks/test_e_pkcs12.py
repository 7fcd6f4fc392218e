"""A file that asks for hours of computing before it opens is refused within seconds."""

import base64
import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from django.core.files.uploadedfile import SimpleUploadedFile

from pki.certgen.main import main as generate
from pki.errors import InvalidInput
from pki.models import Authority, Server
from pki.x509 import bundles, keys, root_file
from pki.x509.bundles import PfxEncryption
from pki.x509.material import read_material
from tests.pki.actions import made_elsewhere
from tests.pki.conftest import Signed

PASSWORD = "secret"
#: As large as three or four bytes hold: minutes.
MANY = 0x7FFFFFFF


@cache
def pair() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = made_elsewhere.new_key()
    return made_elsewhere.root(key=key), key


def pfx() -> bytes:
    certificate, key = pair()
    made = bundles.pfx_encryption(PASSWORD.encode(), PfxEncryption.MODERN)
    return pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, made)


def with_many(der: bytes, count: bytes) -> bytes:
    """The first iteration count (an INTEGER) replaced, and every length above it kept right."""
    assert der.count(count) >= 1
    return patched(der, count, b"\x02\x04" + MANY.to_bytes(4))


def patched(der: bytes, old: bytes, new: bytes) -> bytes:
    """Walks the DER, octet strings that hold DER included, and writes it anew."""
    at, out, done = 0, b"", False
    while at < len(der):
        tag, start, end = header(der, at)
        whole, content = der[at:end], der[start:end]
        if whole == old and not done:
            out, done = out + new, True
        elif old in content and not done and (tag & 0x20 or tag == 0x04):
            inner = patched(content, old, new)
            out, done = out + bytes([tag]) + length(len(inner)) + inner, True
        else:
            out += whole
        at = end
    return out


def header(der: bytes, at: int) -> tuple[int, int, int]:
    size, start = der[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, start = int.from_bytes(der[start : start + count]), start + count
    return der[at], start, start + size


def length(size: int) -> bytes:
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([size]) if size < 0x80 else bytes([0x80 | len(digits)]) + digits


def integer(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return bytes([2, size]) + value.to_bytes(size)


def costly_pfx() -> bytes:
    """Without a MAC, which would be wrong after the change and be looked at first."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(bundles.pem(pair()[0]) + keys.to_pem(pair()[1]))
        file.flush()
        made = subprocess.run(
            ["openssl", "pkcs12", "-export", "-iter", "100000", "-nomac", "-in", file.name,
             "-passout", "pass:secret"],
            capture_output=True, check=True,
        ).stdout  # fmt: skip
    return with_many(made, integer(100_000))


def costly_mac() -> bytes:
    return with_many(pfx(), integer(2048))


def costly_ber() -> bytes:
    """In the encoding that NSS writes, which only OpenSSL's reader takes."""
    der = costly_pfx()
    _, start, end = header(der, 0)
    return b"\x30\x80" + der[start:end] + b"\0\0"


def costly_key() -> bytes:
    der = keys.to_encrypted_der(pair()[1], PASSWORD.encode())
    found = [count for count in (2048, 20_000, 100_000, 600_000) if integer(count) in der]
    return with_many(der, integer(found[0]))


def scrypt_key(folder: Path) -> bytes:
    """2 GiB of memory."""
    (folder / "plain.pem").write_bytes(keys.to_pem(pair()[1]))
    made = subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-scrypt", "-in", "plain.pem", "-passout", "pass:secret",
         "-outform", "DER"],
        cwd=folder, capture_output=True, check=True,
    ).stdout  # fmt: skip
    return patched(made, integer(16_384), integer(2**21))


FILES = {
    "key": costly_pfx,
    "MAC": costly_mac,
    "BER": costly_ber,
}


@pytest.mark.parametrize("name", FILES)
def test_a_pfx_that_asks_for_too_many_iterations_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_material([FILES[name]()], PASSWORD)
    assert (refusal.value.code, refusal.value.field) == ("pfx.iterations", "files")
    assert "600,000 are usual at most" in refusal.value.message


def test_a_key_that_asks_for_too_many_iterations_is_refused() -> None:
    certificate = bundles.pem(pair()[0])
    with pytest.raises(InvalidInput) as refusal:
        read_material([certificate, costly_key()], PASSWORD)
    assert refusal.value.code == "key.iterations"


def test_a_key_that_asks_for_too_much_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refusal:
        keys.load(scrypt_key(tmp_path), PASSWORD.encode())
    assert refusal.value.code == "key.iterations"


def root_json() -> bytes:
    document = json.loads(root_file.write(*pair(), PASSWORD))
    document["encryptedPrivateKey"] = base64.b64encode(costly_key()).decode()
    return json.dumps(document).encode()


def test_a_root_file_that_asks_for_too_many_iterations_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_material([root_json()], PASSWORD)
    assert refusal.value.code == "key.iterations"


def test_the_wizard_refuses_it(confirmed: Signed) -> None:
    answer = confirmed.post(
        "/setup/root/import/",
        {"upload": SimpleUploadedFile("agent_root_ca.json", root_json()), "password": PASSWORD},
    )
    assert "far too many iterations" in answer.content.decode()
    assert not Authority.objects.exists()


def test_the_import_of_a_server_certificate_refuses_it(as_operator: Signed, server: Server) -> None:
    answer = as_operator.post(
        f"/servers/{server.pk}/import/",
        {"upload": SimpleUploadedFile("cm1.pfx", costly_pfx()), "password": PASSWORD},
    )
    assert "far too many iterations" in answer.content.decode()


def test_the_generator_refuses_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "agent_root_ca.json"
    path.write_bytes(root_json())
    monkeypatch.setattr("pki.certgen.passwords.read", lambda _: Given())
    assert generate(["--rootKey", str(path), "--ssl", "--sn", "cm1.example.com"])
    assert "far too many iterations" in capsys.readouterr().err


class Given:
    root = PASSWORD
    pfx = ""


def test_usual_files_open_as_before() -> None:
    certificate, key = pair()
    for encryption in PfxEncryption:
        made = bundles.pfx(key, certificate, [], PASSWORD, friendly_name="x", encryption=encryption)
        assert read_material([made], PASSWORD).certificate == certificate
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(600_000)
    windows = pkcs12.serialize_key_and_certificates(
        b"x", key, certificate, None, builder.build(PASSWORD.encode())
    )
    assert read_material([windows], PASSWORD).key is not None
