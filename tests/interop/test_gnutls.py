"""GnuTLS accepts every chain, reads every file and shakes hands."""

from pathlib import Path

import pytest

from pki.x509 import facts
from pki.x509.bundles import PfxEncryption
from tests.interop import cases
from tests.interop.cases import FQDN, IDN, WILDCARD_MEMBER, Case
from tests.interop.programs import accepted, rejected
from tests.interop.tls_server import serving

pytestmark = pytest.mark.interop

PURPOSES = {
    "server": "1.3.6.1.5.5.7.3.1",
    "workstation": "1.3.6.1.5.5.7.3.2",
    "ocsp-responder": "1.3.6.1.5.5.7.3.9",
}

#: What certtool prints of each kind of certificate, besides names and numbers.
PRINTED = {
    "root": ["Certificate Authority (CA): TRUE", "Certificate signing.", "CRL signing."],
    "issuing": ["Path Length Constraint: 0", "Certificate signing.", "CRL signing."],
    "server": ["TLS WWW Server.", "Digital signature.", f"DNSname: {FQDN}", "IPAddress: 10.0.0.5"],
    "workstation": ["TLS WWW Client.", "Digital signature."],
    "ocsp-responder": ["OCSP signing.", "Digital signature."],
}


@pytest.mark.parametrize("case", cases.EVERY, ids=str)
def test_every_chain_is_accepted(case: Case, tmp_path: Path) -> None:
    folder = cases.write(cases.make(case), tmp_path)
    purpose = PURPOSES.get(case.profile)
    arguments = [
        "--verify", "--verify-profile", "medium", "--load-ca-certificate", "root.pem",
        "--infile", "chain.pem",
    ]  # fmt: skip
    if purpose:
        arguments += ["--verify-purpose", purpose]
    assert "Verified. The certificate is trusted." in accepted("certtool", *arguments, cwd=folder)


@pytest.mark.parametrize("case", cases.WILDCARDS, ids=str)
def test_a_server_is_accepted_by_all_its_names_and_no_other(case: Case, tmp_path: Path) -> None:
    folder = cases.write(cases.make(case), tmp_path)
    command = (
        "certtool", "--verify", "--load-ca-certificate", "root.pem", "--infile", "chain.pem",
        "--verify-hostname",
    )  # fmt: skip
    for name in (FQDN, WILDCARD_MEMBER, IDN, "10.0.0.5"):
        accepted(*command, name, cwd=folder)
    for name in ("cm2.example.com", "10.0.0.6"):
        assert "does not match" in rejected(*command, name, cwd=folder)


@pytest.mark.parametrize("case", cases.EVERY, ids=str)
def test_every_certificate_is_read_as_what_it_is(case: Case, tmp_path: Path) -> None:
    made = cases.make(case)
    folder = cases.write(made, tmp_path)
    said = accepted("certtool", "--certificate-info", "--inder", "--infile", "cert.cer", cwd=folder)
    for words in PRINTED[case.profile]:
        assert words in said
    assert f"sha256:{facts.sha256(made.certificate)}" in said
    assert facts.describe(made.certificate).subject_key_identifier in said
    if case.profile != "ocsp-responder":  # GnuTLS has no name for OCSP's own extension.
        assert "Unknown extension" not in said
    assert "warning" not in said.lower()


@pytest.mark.parametrize("case", cases.BELOW, ids=str)
def test_every_key_is_read(case: Case, tmp_path: Path) -> None:
    made = cases.make(case)
    public = facts.describe(made.certificate).public_key_sha256
    for password in ("", "secret"):
        folder = cases.write(made, tmp_path, password=password)
        said = accepted(
            "certtool", "--pubkey-info", "--load-privkey", "key.pem", "--password", password,
            cwd=folder,
        )  # fmt: skip
        assert f"sha256:{public}" in said


@pytest.mark.parametrize("encryption", list(PfxEncryption), ids=lambda one: one.value)
@pytest.mark.parametrize("case", [*cases.of("server"), *cases.of("workstation")], ids=str)
def test_every_pfx_is_opened(case: Case, encryption: PfxEncryption, tmp_path: Path) -> None:
    made = cases.make(case)
    (tmp_path / "one.pfx").write_bytes(cases.pfx(made, "secret", encryption))
    command = ("certtool", "--p12-info", "--inder", "--infile", "one.pfx", "--password")
    said = accepted(*command, "secret", cwd=tmp_path)
    assert said.count("-----BEGIN CERTIFICATE-----") == 1 + len(made.issuers)
    assert "PRIVATE KEY-----" in said
    assert "verify_mac" in rejected(*command, "wrong", cwd=tmp_path)


def test_a_pfx_without_a_password_is_opened(tmp_path: Path) -> None:
    made = cases.make(Case("ec-p256", "server", "rsa-2048"))
    (tmp_path / "one.pfx").write_bytes(cases.pfx(made, "", PfxEncryption.COMPATIBLE))
    said = accepted(
        "certtool", "--p12-info", "--inder", "--infile", "one.pfx", "--empty-password",
        cwd=tmp_path,
    )  # fmt: skip
    assert said.count("-----BEGIN CERTIFICATE-----") == 2
    assert "PRIVATE KEY-----" in said


@pytest.mark.parametrize("case", cases.of("server"), ids=str)
def test_a_handshake_succeeds_by_the_right_name_only(case: Case, tmp_path: Path) -> None:
    folder = cases.write(cases.make(case), tmp_path)

    def client(name: str) -> tuple[str, ...]:
        return (
            "gnutls-cli", "--x509cafile", "root.pem", "--sni-hostname", name,
            "--verify-hostname", name, "-p", port, "127.0.0.1",
        )  # fmt: skip

    with serving(folder) as port:
        said = accepted(*client(FQDN), cwd=folder)
        assert "The certificate is trusted." in said
        assert "Handshake was completed" in said
        assert "does not match" in rejected(*client("cm2.example.com"), cwd=folder)
