"""What other programs export is taken in: a PFX of any of them opens here."""

from pathlib import Path

import pytest

from pki.x509 import keys
from pki.x509.bundles import PfxEncryption
from pki.x509.material import read_material
from tests.interop import cases
from tests.interop.cases import FQDN, Case
from tests.interop.programs import accepted

pytestmark = pytest.mark.interop

CASE = Case("ec-p256", "server", "rsa-2048")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cases.write(cases.make(CASE), tmp_path)
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "empty").write_text("\n")
    return tmp_path


def assert_opens(folder: Path, password: str) -> None:
    made = cases.make(CASE)
    found = read_material([(folder / "other.pfx").read_bytes()], password)
    assert found.certificate == made.certificate
    assert found.key is not None
    assert keys.matches(found.key, made.key.public_key())


@pytest.mark.parametrize("password", ["secret", ""])
@pytest.mark.parametrize(
    "options",
    [[], ["-legacy"], ["-nomac"], ["-keypbe", "NONE", "-certpbe", "NONE"], ["-macalg", "sha512"]],
    ids=" ".join,
)
def test_openssls(options: list[str], password: str, folder: Path) -> None:
    accepted(
        "openssl", "pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", *options,
        "-passout", f"file:{'password' if password else 'empty'}", "-out", "other.pfx", cwd=folder,
    )  # fmt: skip
    assert_opens(folder, password)


@pytest.mark.parametrize("password", ["secret", ""])
def test_gnutlss(password: str, folder: Path) -> None:
    secrecy = ["--password", password] if password else ["--null-password"]
    accepted(
        "certtool", "--to-p12", "--load-privkey", "key.pem", "--load-certificate", "cert.pem",
        "--p12-name", "x", *secrecy, "--outder", "--outfile", "other.pfx", cwd=folder,
    )  # fmt: skip
    assert_opens(folder, password)


@pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER:UserWarning")
@pytest.mark.parametrize("password", ["secret", ""])
def test_nsss(password: str, folder: Path) -> None:
    made = cases.make(CASE)
    (folder / "ours.pfx").write_bytes(cases.pfx(made, "secret", PfxEncryption.COMPATIBLE))
    (folder / "nss").mkdir()
    accepted("certutil", "-N", "-d", "sql:nss", "--empty-password", cwd=folder)
    accepted("pk12util", "-i", "ours.pfx", "-d", "sql:nss", "-w", "password", cwd=folder)
    secrecy = ["-w", "password"] if password else ["-W", ""]
    accepted("pk12util", "-o", "other.pfx", "-n", FQDN, "-d", "sql:nss", *secrecy, cwd=folder)
    assert_opens(folder, password)


def test_javas(folder: Path) -> None:
    made = cases.make(CASE)
    (folder / "ours.pfx").write_bytes(cases.pfx(made, "secret", PfxEncryption.COMPATIBLE))
    accepted(
        "keytool", "-importkeystore", "-srckeystore", "ours.pfx", "-srcstorepass:file", "password",
        "-destkeystore", "other.pfx", "-deststoretype", "PKCS12",
        "-deststorepass:file", "password", cwd=folder,
    )  # fmt: skip
    assert_opens(folder, "secret")
