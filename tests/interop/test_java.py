"""Java reads every certificate, opens every PFX and builds its chain.

A PFX without a password is left out: Java passes over keys in it that are not encrypted.
"""

from pathlib import Path

import pytest

from pki.x509 import facts
from pki.x509.bundles import PfxEncryption
from tests.interop import cases
from tests.interop.cases import FQDN, Case
from tests.interop.programs import accepted, rejected

pytestmark = pytest.mark.interop

#: Each start of Java takes half a second, so each kind of key and each encryption comes once.
PFX = [
    (Case("ec-p256", "server", "rsa-2048"), PfxEncryption.COMPATIBLE),
    (Case("ec-p256", "server", "rsa-2048"), PfxEncryption.MODERN),
    (Case("ec-p256", "server", "rsa-2048"), PfxEncryption.LEGACY),
    (Case("rsa-2048", "server", "rsa-3072"), PfxEncryption.COMPATIBLE),
    (Case("rsa-2048", "server", "ec-p256"), PfxEncryption.COMPATIBLE),
    (Case("ec-p384", "server", "ec-p384"), PfxEncryption.MODERN),
    (Case("ec-p384", "server", "ec-p256", below_issuing=True), PfxEncryption.COMPATIBLE),
    (Case("ec-p256", "workstation", "ed25519"), PfxEncryption.COMPATIBLE),
]


def test_every_certificate_is_read(tmp_path: Path) -> None:
    made = [cases.make(case).certificate for case in cases.EVERY]
    (tmp_path / "all.pem").write_bytes(cases.chain(made))
    said = accepted("keytool", "-printcert", "-file", "all.pem", cwd=tmp_path)
    printed = said.replace(":", "").lower()
    for certificate in made:
        assert facts.sha256(certificate) in printed
        assert f"serial number {facts.serial_hex(certificate)}" in printed
    assert "unparseable" not in printed
    assert "warning" not in printed


@pytest.mark.parametrize(
    ("case", "encryption"), PFX, ids=[f"{case}-{encryption.value}" for case, encryption in PFX]
)
def test_a_pfx_is_a_key_store_with_the_whole_chain(
    case: Case, encryption: PfxEncryption, tmp_path: Path
) -> None:
    made = cases.make(case)
    (tmp_path / "one.pfx").write_bytes(cases.pfx(made, "secret word", encryption))
    (tmp_path / "password").write_text("secret word")
    said = accepted(
        "keytool", "-list", "-v", "-storetype", "PKCS12", "-keystore", "one.pfx",
        "-storepass:file", "password", cwd=tmp_path,
    )  # fmt: skip
    assert f"Alias name: {FQDN}" in said
    assert "Entry type: PrivateKeyEntry" in said
    assert f"Certificate chain length: {1 + len(made.issuers)}" in said
    assert facts.sha256(made.certificate) in said.replace(":", "").lower()


def test_a_pfx_is_closed_to_a_wrong_password(tmp_path: Path) -> None:
    made = cases.make(Case("ec-p256", "server", "rsa-2048"))
    (tmp_path / "one.pfx").write_bytes(cases.pfx(made, "secret", PfxEncryption.COMPATIBLE))
    (tmp_path / "password").write_text("wrong")
    said = rejected(
        "keytool", "-list", "-storetype", "PKCS12", "-keystore", "one.pfx",
        "-storepass:file", "password", cwd=tmp_path,
    )  # fmt: skip
    assert "password was incorrect" in said


@pytest.mark.parametrize(
    "case",
    [
        Case("rsa-2048", "server", "rsa-2048"),
        Case("ec-p384", "server", "ec-p256", below_issuing=True),
        Case("ec-p256", "workstation", "ed25519"),
    ],
    ids=str,
)
def test_a_chain_is_built_up_to_a_trusted_root(case: Case, tmp_path: Path) -> None:
    """keytool installs a chain for a key only if it leads to a root that it trusts."""
    made = cases.make(case)
    folder = cases.write(made, tmp_path)
    alone = cases.Made(made.certificate, made.key)
    (folder / "one.pfx").write_bytes(cases.pfx(alone, "secret", PfxEncryption.MODERN))
    (folder / "password").write_text("secret")
    store = ("-keystore", "one.pfx", "-storetype", "PKCS12", "-storepass:file", "password")
    accepted(
        "keytool", "-importcert", "-noprompt", "-alias", "root", "-file", "root.cer", *store,
        cwd=folder,
    )  # fmt: skip
    said = accepted(
        "keytool", "-importcert", "-alias", FQDN, "-file", "full.pem", *store, cwd=folder
    )
    assert "Certificate reply was installed in keystore" in said
