"""OpenSSL accepts every chain in its strict mode, opens every file and shakes hands."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pki.x509 import bundles, facts, issuing, keys
from pki.x509.bundles import PfxEncryption
from pki.x509.profiles import ISSUING, SERVER
from tests.interop import cases
from tests.interop.cases import FQDN, IDN, WILDCARD_MEMBER, Case
from tests.interop.programs import accepted, rejected
from tests.interop.tls_server import serving

pytestmark = pytest.mark.interop

PURPOSES = {"server": "sslserver", "workstation": "sslclient"}
STRICT = ("-x509_strict", "-check_ss_sig", "-policy_check", "-auth_level", "2")
#: A password in a script of its own, as people outside ASCII choose them.
PASSWORD = "Пароль 密码"


def verify(folder: Path, *arguments: str) -> tuple[str | Path, ...]:
    return (
        "verify", *STRICT, "-no-CApath", "-no-CAstore", "-CAfile", "root.pem",
        "-untrusted", "chain.pem", *arguments, "cert.pem",
    )  # fmt: skip


@pytest.mark.parametrize("case", cases.EVERY, ids=str)
def test_every_chain_is_accepted_in_strict_mode(case: Case, tmp_path: Path) -> None:
    folder = cases.write(cases.make(case), tmp_path)
    arguments = ("-purpose", PURPOSES.get(case.profile, "any"))
    assert "cert.pem: OK" in accepted("openssl", *verify(folder, *arguments), cwd=folder)


@pytest.mark.parametrize("case", cases.EVERY, ids=str)
def test_every_certificate_and_key_is_read_in_every_form(case: Case, tmp_path: Path) -> None:
    made = cases.make(case)
    folder = cases.write(made, tmp_path)
    fingerprint = facts.sha256(made.certificate)
    for form, name in (("DER", "cert.cer"), ("PEM", "cert.pem")):
        said = accepted(
            "openssl", "x509", "-inform", form, "-in", name, "-noout", "-fingerprint", "-sha256",
            cwd=folder,
        )  # fmt: skip
        assert said.strip().partition("=")[2].replace(":", "").lower() == fingerprint
    of_certificate = accepted("openssl", "x509", "-in", "cert.pem", "-noout", "-pubkey", cwd=folder)
    assert "BEGIN PRIVATE KEY" in (folder / "key.pem").read_text()
    check = ("openssl", "pkey", "-in", "key.pem", "-pubout")
    assert accepted(*check, cwd=folder) == of_certificate
    cases.write(made, tmp_path, password=PASSWORD)
    assert "BEGIN ENCRYPTED PRIVATE KEY" in (folder / "key.pem").read_text()
    (folder / "password").write_text(PASSWORD)
    assert accepted(*check, "-passin", "file:password", cwd=folder) == of_certificate
    (folder / "password").write_text("wrong")
    rejected(*check, "-passin", "file:password", cwd=folder)


#: Without a password nothing is encrypted, so there is one form only.
FORMS = [
    *((encryption, password) for encryption in PfxEncryption for password in ("secret", PASSWORD)),
    (PfxEncryption.COMPATIBLE, ""),
]


@pytest.mark.parametrize(("encryption", "password"), FORMS)
@pytest.mark.parametrize("case", [*cases.of("server"), *cases.of("workstation")], ids=str)
def test_every_pfx_is_opened(
    case: Case, password: str, encryption: PfxEncryption, tmp_path: Path
) -> None:
    made = cases.make(case)
    (tmp_path / "one.pfx").write_bytes(cases.pfx(made, password, encryption))
    (tmp_path / "password").write_text(password + "\n")
    command = ("openssl", "pkcs12", "-in", "one.pfx", "-noenc", "-passin", "file:password")
    said = accepted(*command, cwd=tmp_path)
    assert said.count("-----BEGIN CERTIFICATE-----") == 1 + len(made.issuers)
    assert f"friendlyName: {FQDN}" in said
    assert keys.to_pem(made.key).decode() in said
    (tmp_path / "password").write_text("wrong\n")
    rejected(*command, cwd=tmp_path)


@pytest.mark.parametrize("case", cases.WILDCARDS, ids=str)
def test_a_server_is_accepted_by_all_its_names_and_no_other(case: Case, tmp_path: Path) -> None:
    folder = cases.write(cases.make(case), tmp_path)
    for name in (FQDN, WILDCARD_MEMBER, IDN):
        accepted("openssl", *verify(folder, "-verify_hostname", name), cwd=folder)
    for address in ("10.0.0.5", "2001:db8::5"):
        accepted("openssl", *verify(folder, "-verify_ip", address), cwd=folder)
    for name in ("cm2.example.com", "apps.example.com", "a.b.apps.example.com"):
        said = rejected("openssl", *verify(folder, "-verify_hostname", name), cwd=folder)
        assert "hostname mismatch" in said


@pytest.mark.parametrize(
    ("profile", "wrong"), [("server", "sslclient"), ("workstation", "sslserver")]
)
def test_a_certificate_serves_no_other_purpose(profile: str, wrong: str, tmp_path: Path) -> None:
    for case in cases.of(profile):
        folder = cases.write(cases.make(case), tmp_path)
        said = rejected("openssl", *verify(folder, "-purpose", wrong), cwd=folder)
        assert "purpose" in said


def test_an_issuing_authority_cannot_make_another_authority(tmp_path: Path) -> None:
    """Its path length of zero is seen by clients, whatever it may sign."""
    issuer = cases.make(Case("ec-p384", "issuing", "ec-p384"))
    key = cases.key("further", "ec-p256")
    request = issuing.CertificateRequest(ISSUING, "Further CA", key.public_key())
    now = datetime.now(UTC)
    further = issuing.issue(issuing.prepare(request, issuer.certificate, now=now), issuer.key)
    folder = cases.write(cases.Made(further, key, (issuer.certificate, *issuer.issuers)), tmp_path)
    accepted("openssl", *verify(folder), cwd=folder)
    leaf_key = cases.key("server", "ec-p256")
    leaf = issuing.CertificateRequest(SERVER, FQDN, leaf_key.public_key(), (FQDN,))
    signed = issuing.issue(issuing.prepare(leaf, further, now=now), key)
    (folder / "chain.pem").write_bytes(bundles.chain_pem([further, issuer.certificate]))
    (folder / "cert.pem").write_bytes(bundles.pem(signed))
    assert "path length" in rejected("openssl", *verify(folder), cwd=folder)


def client(port: str, name: str, *arguments: str) -> tuple[str, ...]:
    return (
        "s_client", "-connect", f"127.0.0.1:{port}", "-servername", name,
        "-verify_hostname", name, "-verify_return_error", "-x509_strict", "-brief",
        "-no-CApath", "-no-CAstore", "-CAfile", "root.pem", *arguments,
    )  # fmt: skip


@pytest.mark.parametrize("protocol", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("case", cases.of("server"), ids=str)
def test_a_handshake_succeeds_by_the_right_name_only(
    case: Case, protocol: str, tmp_path: Path
) -> None:
    folder = cases.write(cases.make(case), tmp_path)
    with serving(folder) as port:
        said = accepted("openssl", *client(port, FQDN, protocol), cwd=folder)
        assert "Verification: OK" in said
        assert f"Verified peername: {FQDN}" in said
        said = rejected("openssl", *client(port, "cm2.example.com", protocol), cwd=folder)
        assert "hostname mismatch" in said


def test_a_server_with_two_certificates_gives_the_one_asked_for(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    cases.write(cases.make(Case("ec-p256", "server", "ec-p256")), first)
    cases.write(cases.make(Case("rsa-2048", "server", "rsa-2048")), second)
    by_name = (
        "-servername", FQDN, "-cert2", str(second / "cert.pem"), "-key2", str(second / "key.pem"),
    )  # fmt: skip
    with serving(first, *by_name) as port:
        accepted("openssl", *client(port, FQDN), cwd=second)
        accepted("openssl", *client(port, IDN), cwd=first)
        rejected("openssl", *client(port, FQDN), cwd=first)


@pytest.mark.parametrize("case", cases.of("workstation"), ids=str)
def test_a_workstation_is_let_in_by_mutual_tls(case: Case, tmp_path: Path) -> None:
    server, workstation = tmp_path / "server", tmp_path / "workstation"
    for folder in (server, workstation):
        folder.mkdir()
    cases.write(cases.make(Case(case.root, "server", "ec-p256")), server)
    cases.write(cases.make(case), workstation)
    demanding = ("-Verify", "2", "-verify_return_error", "-CAfile", "root.pem")
    own = ("-cert", "cert.pem", "-cert_chain", "chain.pem", "-key", "key.pem", "-tls1_2")
    with serving(server, *demanding) as port:
        accepted("openssl", *client(port, FQDN, *own), cwd=workstation)
        rejected("openssl", *client(port, FQDN, "-tls1_2"), cwd=workstation)


def test_a_server_certificate_does_not_let_in_as_a_workstation(tmp_path: Path) -> None:
    folder = cases.write(cases.make(Case("ec-p256", "server", "ec-p256")), tmp_path)
    demanding = ("-Verify", "2", "-verify_return_error", "-CAfile", "root.pem")
    own = ("-cert", "cert.pem", "-key", "key.pem", "-tls1_2")
    with serving(folder, *demanding) as port:
        rejected("openssl", *client(port, FQDN, *own), cwd=folder)
