"""NSS, the library of Firefox, accepts every chain and imports every PFX.

Keys of the kind Ed25519 are left out: NSS in Debian 12 does not know them.
"""

from pathlib import Path

import pytest

from pki.x509 import bundles
from pki.x509.bundles import PfxEncryption
from tests.interop import cases
from tests.interop.cases import FQDN, Case
from tests.interop.programs import accepted, rejected

pytestmark = pytest.mark.interop

#: certutil's letters: SSL server, SSL client, OCSP responder, authority of servers.
USAGES = {"server": "V", "workstation": "C", "ocsp-responder": "O", "root": "L", "issuing": "L"}

KNOWN = [case for case in cases.EVERY if case.key != "ed25519"]
PFX = [case for case in KNOWN if case.profile in ("server", "workstation")]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nss")
    accepted("certutil", "-N", "-d", f"sql:{folder}", "--empty-password")
    return folder


def database(empty: Path, tmp_path: Path) -> str:
    """A copy of an empty one, which is faster than making it."""
    copy = tmp_path / "nss"
    copy.mkdir()
    for file in empty.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return f"sql:{copy}"


def add(nss: str, name: str, trust: str, file: str, folder: Path) -> None:
    accepted("certutil", "-A", "-d", nss, "-n", name, "-t", trust, "-i", file, cwd=folder)


def prepared(case: Case, empty: Path, tmp_path: Path) -> str:
    """A database that trusts the root and knows the authorities between."""
    made = cases.make(case)
    cases.write(made, tmp_path)
    nss = database(empty, tmp_path)
    add(nss, "root", "CT,,", "root.cer", tmp_path)
    for number, issuer in enumerate(made.issuers[:-1]):
        (tmp_path / f"{number}.cer").write_bytes(bundles.der(issuer))
        add(nss, f"issuer {number}", ",,", f"{number}.cer", tmp_path)
    return nss


@pytest.mark.parametrize("case", KNOWN, ids=str)
def test_every_chain_is_accepted_for_its_usage(case: Case, empty: Path, tmp_path: Path) -> None:
    nss = prepared(case, empty, tmp_path)
    if case.profile != "root":
        add(nss, "judged", ",,", "cert.cer", tmp_path)
    name = "root" if case.profile == "root" else "judged"
    said = accepted("certutil", "-V", "-d", nss, "-n", name, "-e", "-u", USAGES[case.profile])
    assert "certificate is valid" in said


@pytest.mark.parametrize(("profile", "wrong"), [("server", "C"), ("workstation", "V")])
def test_a_certificate_serves_no_other_purpose(
    profile: str, wrong: str, empty: Path, tmp_path: Path
) -> None:
    nss = prepared(Case("ec-p256", profile, "ec-p256"), empty, tmp_path)
    add(nss, "judged", ",,", "cert.cer", tmp_path)
    said = rejected("certutil", "-V", "-d", nss, "-n", "judged", "-e", "-u", wrong)
    assert "Certificate type not approved" in said


@pytest.mark.parametrize("encryption", list(PfxEncryption), ids=lambda one: one.value)
@pytest.mark.parametrize("case", PFX, ids=str)
def test_every_pfx_is_imported_and_its_certificate_valid(
    case: Case, encryption: PfxEncryption, empty: Path, tmp_path: Path
) -> None:
    nss = prepared(case, empty, tmp_path)
    (tmp_path / "one.pfx").write_bytes(cases.pfx(cases.make(case), "secret", encryption))
    (tmp_path / "password").write_text("wrong")
    command = ("pk12util", "-i", "one.pfx", "-d", nss, "-w", "password")
    rejected(*command, cwd=tmp_path)
    (tmp_path / "password").write_text("secret")
    assert "IMPORT SUCCESSFUL" in accepted(*command, cwd=tmp_path)
    assert FQDN in accepted("certutil", "-K", "-d", nss)
    accepted("certutil", "-V", "-d", nss, "-n", FQDN, "-e", "-u", USAGES[case.profile])


def test_a_pfx_without_a_password_is_imported(empty: Path, tmp_path: Path) -> None:
    case = Case("ec-p256", "server", "rsa-2048")
    nss = prepared(case, empty, tmp_path)
    data = cases.pfx(cases.make(case), "", PfxEncryption.COMPATIBLE)
    (tmp_path / "one.pfx").write_bytes(data)
    accepted("pk12util", "-i", "one.pfx", "-d", nss, "-W", "", cwd=tmp_path)
    assert FQDN in accepted("certutil", "-K", "-d", nss)
