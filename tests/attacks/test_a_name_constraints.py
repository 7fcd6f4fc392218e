"""A root that is limited to some names certifies no other, whoever asks and by whichever door."""

import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import call_command

from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority, import_authority
from pki.actions.certificate_row import chain_of, parsed
from pki.actions.registration_policy import change_policy
from pki.actions.rollover.stages import begin_reissuing
from pki.actions.rollover.starting import start_rollover
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server, change_server
from pki.certgen.main import main as generate
from pki.errors import CertiflowError, InvalidInput
from pki.models import Authority, Certificate, Server
from pki.x509 import bundles, facts, issuing, name_constraints, names
from pki.x509.keys import KeySpec
from pki.x509.material import read_material
from pki.x509.profiles import SERVER, WORKSTATION
from tests.pki.actions import made_elsewhere
from tests.pki.actions.evidence import refused
from tests.pki.conftest import Agent, Signed

P256 = KeySpec.parse("ec-p256")
CASES = Path(__file__).parent / "cases"
OURS = ("example.com", "example.test", "10.0.0.0/8")


@pytest.fixture
def limited(db: None) -> Authority:
    return create_authority(actor=SYSTEM, key_spec=P256, permitted=OURS)


@pytest.fixture
def imported(db: None) -> Authority:
    """Made elsewhere, for names below demo.local."""
    material = read_material([(CASES / "nameconstr.pem").read_bytes()])
    return import_authority(material, actor=SYSTEM)


def server(fqdn: str, *others: str) -> Server:
    return add_server(fqdn, actor=SYSTEM, additional_names=others)


def judged(row: Certificate, root: x509.Certificate, folder: Path) -> str:
    """What OpenSSL says of it: OK, or the reason."""
    (folder / "root.pem").write_bytes(bundles.pem(root))
    (folder / "leaf.pem").write_bytes(bundles.pem(parsed(row)))
    (folder / "chain.pem").write_bytes(bundles.chain_pem(chain_of(row)))
    verdict = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "chain.pem",
         "leaf.pem"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return verdict.stdout.split(":")[-1].strip() if not verdict.returncode else verdict.stderr


# --- the limits are kept ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["www.demo.local", "demo.local", "a.b.demo.local"])
def test_names_within_an_imported_roots_limits_are_certified(
    name: str, imported: Authority, tmp_path: Path
) -> None:
    row = issue_for_server(server(name), actor=SYSTEM, key_spec=P256)
    # The root as it came has no key usage, which only the strict mode minds.
    (tmp_path / "root.pem").write_bytes(bundles.pem(parsed(imported.certificate)))
    (tmp_path / "leaf.pem").write_bytes(bundles.pem(parsed(row)))
    verdict = subprocess.run(
        ["openssl", "verify", "-CAfile", tmp_path / "root.pem", tmp_path / "leaf.pem"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verdict.returncode == 0, verdict.stderr


@pytest.mark.parametrize(
    "name", ["cm1.example.com", "xdemo.local", "demo.local.evil.com", "*.local"]
)
def test_names_outside_an_imported_roots_limits_are_refused_before_signing(
    name: str, imported: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "issue", lambda *_: pytest.fail("It was signed."))
    if name == "*.local":
        row = server("www.demo.local")
        Server.objects.filter(pk=row.pk).update(fqdn=name)
        row.refresh_from_db()
    else:
        row = server(name)
    with refused("name.outside_constraints", field="names") as refusal:
        issue_for_server(row, actor=SYSTEM, key_spec=P256)
    assert "demo.local" in refusal.value.message


def test_additional_names_and_addresses_count_too(limited: Authority) -> None:
    for number, other in enumerate(["login.bank.com", "192.0.2.1", "2001:db8::1", "example.org"]):
        row = server(f"cm{number}.example.com", other)
        with refused("name.outside_constraints", field="names"):
            issue_for_server(row, actor=SYSTEM, key_spec=P256)
    good = server("cm9.example.com", "10.9.9.9", "*.apps.example.com")
    assert issue_for_server(good, actor=SYSTEM, key_spec=P256)


def test_a_name_added_later_is_refused_at_the_renewal(limited: Authority) -> None:
    row = server("cm1.example.com")
    current = issue_for_server(row, actor=SYSTEM, key_spec=P256)
    row = change_server(row, actor=SYSTEM, additional_names=["login.bank.com"], comment="")
    for options in ({"same_key": True}, {"key_spec": P256}, {"csr": made_elsewhere.csr()}):
        with refused("name.outside_constraints", field="names"):
            renew(row, actor=SYSTEM, expected=current, **options)  # type: ignore[arg-type]


def test_a_workstations_identifier_that_is_a_dns_name_counts(limited: Authority) -> None:
    """It has no alternative names, and clients then read the common name as one."""
    change_policy(open_to_all=True, automatic=True, actor=SYSTEM)
    with pytest.raises(InvalidInput) as refusal:
        Agent("pc.bank.com").register()
    assert refusal.value.code == "name.outside_constraints"
    assert not Certificate.objects.filter(profile="workstation").exists()
    assert Agent("pc.example.com").register().certificate is not None
    assert Agent("4c4c4544-0042-3510-8054-b7c04f4e4b32").register().certificate is not None


def test_openssl_agrees_with_every_verdict(tmp_path: Path) -> None:
    """Signed without asking, OpenSSL refuses what we refuse and accepts what we accept."""
    constraints = x509.NameConstraints(
        [x509.DNSName("example.com"), x509.DNSName(".below.net"),
         x509.IPAddress(ipaddress.ip_network("10.0.0.0/8"))],
        [x509.DNSName("secret.example.com"), x509.IPAddress(ipaddress.ip_network("10.66.0.0/16")),
         x509.DirectoryName(made_elsewhere.name("forbidden"))],
    )  # fmt: skip
    root, key = root_with(constraints)
    wanted = {
        "cm1.example.com": True, "example.com": True, "a.b.example.com": True,
        "notexample.com": False, "example.org": False, "CM1.EXAMPLE.COM": True,
        "below.net": False, "a.below.net": True, "secret.example.com": False,
        "a.secret.example.com": False, "10.1.2.3": True, "11.1.2.3": False, "10.66.1.1": False,
        "2001:db8::1": False, "*.example.com": None, "*.apps.example.com": True, "*.com": False,
    }  # fmt: skip
    for name, expected in wanted.items():
        ours = permits(root, name)
        assert ours is bool(expected), name
        if expected is not None:  # A wildcard that stands for an excluded name among others.
            assert openssl_accepts(root, key, names.general_name(name), tmp_path) is ours, name
    assert not permits(root, "cm1.example.com", common_name="forbidden")
    assert not permits(root, "cm1.example.com", common_name="FORBIDDEN")


def root_with(
    constraints: x509.NameConstraints,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = made_elsewhere.new_key()
    return issuing.root("R", key, now=datetime.now(UTC), constraints=constraints), key


def permits(root: x509.Certificate, name: str, common_name: str = "x") -> bool:
    request = issuing.CertificateRequest(
        SERVER, common_name, made_elsewhere.new_key().public_key(), (name,)
    )
    try:
        issuing.prepare(request, root, now=datetime.now(UTC))
    except InvalidInput as error:
        assert error.code == "name.outside_constraints"  # noqa: PT017
        return False
    return True


def openssl_accepts(
    root: x509.Certificate, key: ec.EllipticCurvePrivateKey, name: x509.GeneralName, folder: Path
) -> bool:
    now = datetime.now(UTC)
    leaf = (
        x509.CertificateBuilder()
        .subject_name(made_elsewhere.name("x"))
        .issuer_name(root.subject)
        .public_key(made_elsewhere.new_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "r.pem").write_bytes(bundles.pem(root))
    (folder / "l.pem").write_bytes(bundles.pem(leaf))
    command = ["openssl", "verify", "-CAfile", folder / "r.pem", folder / "l.pem"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_workstation_under_a_directory_limit_is_refused() -> None:
    constraints = x509.NameConstraints([x509.DirectoryName(made_elsewhere.name("Allowed"))], None)
    root, _ = root_with(constraints)
    for common_name, good in (("allowed", True), ("other", False)):
        request = issuing.CertificateRequest(
            WORKSTATION, common_name, made_elsewhere.new_key().public_key()
        )
        if good:
            assert issuing.prepare(request, root, now=datetime.now(UTC))
        else:
            with pytest.raises(InvalidInput, match="outside the names"):
                issuing.prepare(request, root, now=datetime.now(UTC))


# --- a new root with limits -------------------------------------------------------------


def test_a_new_root_carries_its_limits_critical_and_openssl_keeps_to_them(
    limited: Authority, tmp_path: Path
) -> None:
    root = parsed(limited.certificate)
    extension = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    good = issue_for_server(server("cm1.example.com", "10.0.0.5"), actor=SYSTEM, key_spec=P256)
    assert judged(good, root, tmp_path) == "OK"
    assert facts.describe(root).constraints == "example.com, example.test, 10.0.0.0/8"


def test_without_networks_a_limited_root_certifies_no_address(db: None) -> None:
    create_authority(actor=SYSTEM, key_spec=P256, permitted=["example.test"])
    for address in ("10.0.0.5", "2001:db8::1"):
        row = server(f"a{len(address)}.example.test", address)
        with refused("name.outside_constraints", field="names"):
            issue_for_server(row, actor=SYSTEM, key_spec=P256)


@pytest.mark.parametrize(
    ("permitted", "code"),
    [
        (["10.0.0.0/8"], "constraints.no_domain"),
        (["example.test", "10.0.0.1/8"], "constraints.network"),
        (["example.test", "exa mple"], "name.space"),
        (["example.com"], "constraints.without_this_host"),
        ([f"d{n}.example.test" for n in range(51)], "constraints.too_many"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(permitted: list[str], code: str, db: None) -> None:
    with refused(code, field="permitted"):
        create_authority(actor=SYSTEM, key_spec=P256, permitted=permitted)


def test_a_successor_and_the_cross_certificates_keep_the_limits(
    limited: Authority, tmp_path: Path
) -> None:
    row = server("cm1.example.com")
    current = issue_for_server(row, actor=SYSTEM, key_spec=P256)
    rollover = start_rollover(actor=SYSTEM, key_spec=P256)
    old = parsed(limited.certificate)
    wanted = old.extensions.get_extension_for_class(x509.NameConstraints)
    made = [rollover.successor.certificate, *Certificate.objects.filter(profile="cross")]
    assert len(made) == 3
    for certificate in made:
        found = parsed(certificate).extensions.get_extension_for_class(x509.NameConstraints)
        assert (found.value, found.critical) == (wanted.value, True)
    begin_reissuing(rollover, actor=SYSTEM)
    row.refresh_from_db()
    renewed = renew(row, actor=SYSTEM, expected=current, key_spec=P256)
    assert judged(renewed, old, tmp_path) == "OK"
    other = server("cm1.bank.com")
    with refused("name.outside_constraints", field="names"):
        issue_for_server(other, actor=SYSTEM, key_spec=P256)


def test_the_wizard_offers_limits_and_says_what_they_are_for(confirmed: Signed) -> None:
    page = confirmed.get("/setup/root/new/").content.decode()
    assert "Only for these names" in page
    assert "cannot be added or changed later" in page
    fields = {"common_name": "CM Agent CA", "key": "ec-p256"}
    refused_ = confirmed.post("/setup/root/new/", {**fields, "permitted": "example.com"})
    assert "This host" in refused_.content.decode()
    done = confirmed.post(
        "/setup/root/new/", {**fields, "permitted": "example.com, example.test\n10.0.0.0/8"}
    )
    assert done.status_code == 302
    authority = Authority.objects.get()
    assert "example.com, example.test, 10.0.0.0/8" in (
        confirmed.get(f"/authorities/{authority.pk}/").content.decode()
    )


def test_the_generator_makes_and_keeps_to_limits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--out", str(tmp_path), "--rootKeySize", "2048"]
    assert generate(["--root", "--sn", "cm1.bank.com", "--rootPermit", "example.com", *common])
    assert not list(tmp_path.iterdir())
    made = ["--root", "--sn", "cm1.example.com", "--rootPermit", "example.com", *common]
    assert generate(made) == 0
    root = bundles.load_certificate((tmp_path / "agent_root_ca.cer").read_bytes())
    assert name_constraints.constraints_of(root) is not None
    again = ["--rootKey", str(tmp_path / "agent_root_ca.json"), "--ssl", "--force"]
    assert generate([*again, "--sn", "cm2.bank.com", "--out", str(tmp_path)])
    assert "outside the names" in capsys.readouterr().err
    assert generate([*again, "--sn", "cm2.example.com", "--out", str(tmp_path)]) == 0


def test_this_hosts_name_alone_is_enough(db: None) -> None:
    """The wizard's next step is this host's certificate, which the limits have to allow."""
    create_authority(actor=SYSTEM, key_spec=P256, permitted=["admin.example.test"])
    host = server("admin.example.test")
    assert issue_for_server(host, actor=SYSTEM, key_spec=P256)


@pytest.mark.parametrize("suffix", ["co.uk", "com", ".com"])
def test_a_public_suffix_is_no_limit(db: None, suffix: str) -> None:
    with refused("constraints.public_suffix", field="permitted"):
        create_authority(actor=SYSTEM, key_spec=P256, permitted=[suffix, "example.test"])
    assert not Authority.objects.exists()


def test_the_wizard_keeps_no_name_that_the_root_cannot_certify(confirmed: Signed) -> None:
    create_authority(actor=SYSTEM, key_spec=P256, permitted=["example.test"])
    fields = {"key": "ec-p256", "permitted": "example.test"}
    page = confirmed.post("/setup/host/", {**fields, "additional_names": "ca.example.org"})
    assert "lies outside the names that the root may certify" in page.content.decode()
    assert not Server.objects.exists()
    assert confirmed.post("/setup/host/", fields).url == "/setup/done/"


def test_the_shell_adds_no_server_that_the_root_cannot_certify(db: None) -> None:
    create_authority(actor=SYSTEM, key_spec=P256, permitted=["example.test"])
    with pytest.raises(CertiflowError) as refusal:
        call_command("issue", server="cm9.example.org")
    assert refusal.value.code == "name.outside_constraints"
    assert not Server.objects.exists()
