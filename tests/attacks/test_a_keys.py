"""A key that is known to others, or somebody else's already, is never certified again."""

import subprocess
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.authorities import import_authority
from pki.actions.automatic_renewal import renew_due, set_renewal
from pki.actions.certificate_row import parsed
from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.ocsp_responder import issue_responder
from pki.actions.registration_policy import change_policy
from pki.actions.revocation import revoke
from pki.actions.rollover.stages import begin_reissuing
from pki.actions.rollover.starting import start_rollover
from pki.actions.rollover.waves import step
from pki.actions.server_certificates import issue_for_server, renew, renew_alike
from pki.actions.servers import add_server
from pki.actions.stored_keys import open_key
from pki.actions.trust import approve, revoke_workstation
from pki.actions.workstation_certificates import renew_workstation
from pki.certgen.main import main as generate
from pki.errors import CertiflowError
from pki.models import Authority, Certificate, Server, Workstation
from pki.x509 import bundles, checks, keys, requests
from pki.x509.keys import KeySpec
from pki.x509.material import Material, read_material
from tests.pki.actions import made_elsewhere
from tests.pki.actions.evidence import refused
from tests.pki.conftest import Agent, Signed, certificate_request
from tests.pki.x509.broken_rsa import FAULTS

P256 = KeySpec.parse("ec-p256")
KEY = made_elsewhere.new_key()


def csr(key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    return made_elsewhere.csr(key=key)


def foreign(
    key: made_elsewhere.Key = KEY,
    name: str = "cm1.example.com",
    *,
    days: tuple[int, int] = (-1, 300),
) -> x509.Certificate:
    above = made_elsewhere.new_key()
    return made_elsewhere.certificate(
        name, (name,), key=key, issuer=made_elsewhere.root(key=above), issuer_key=above, days=days
    )


def kept_key(row: Certificate) -> made_elsewhere.Key:
    assert row.private_key is not None
    key = open_key(row.private_key)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


@pytest.fixture
def another(authority: Authority) -> Server:
    return add_server("cm2.example.com", actor=SYSTEM)


@pytest.fixture
def from_request(server: Server) -> Certificate:
    """The server's current certificate, for KEY."""
    return issue_for_server(server, actor=SYSTEM, csr=csr())


@pytest.fixture
def compromised(server: Server, from_request: Certificate) -> Certificate:
    return revoke(from_request, "keyCompromise", actor=SYSTEM)


# --- a key revoked as compromised ------------------------------------------------------


def test_the_same_server_is_not_renewed_for_a_compromised_key(
    server: Server, compromised: Certificate
) -> None:
    with refused("key.compromised", field="csr"):
        renew(server, actor=SYSTEM, expected=compromised, csr=csr())


def test_no_other_server_gets_a_compromised_key(another: Server, compromised: Certificate) -> None:
    with refused("key.compromised", field="csr"):
        issue_for_server(another, actor=SYSTEM, csr=csr())


def test_an_authoritys_compromise_counts_as_well(
    another: Server, from_request: Certificate
) -> None:
    revoke(from_request, "cACompromise", actor=SYSTEM)
    with refused("key.compromised", field="csr"):
        issue_for_server(another, actor=SYSTEM, csr=csr())


def test_a_compromised_key_stays_so_after_its_certificate_has_expired(
    another: Server, compromised: Certificate
) -> None:
    with (
        time_machine.travel(compromised.not_after + timedelta(days=90)),
        refused("key.compromised", field="csr"),
    ):
        issue_for_server(another, actor=SYSTEM, csr=csr())


def test_a_compromised_key_does_not_come_in_by_a_foreign_certificate(
    server: Server, another: Server, compromised: Certificate
) -> None:
    for target in (server, another):
        with refused("key.compromised", field="files"):
            import_server_certificate(
                target, Material(foreign(name=target.fqdn), KEY), actor=SYSTEM
            )


def test_an_older_certificate_with_the_key_compromised_stops_the_next_one(
    server: Server, from_request: Certificate
) -> None:
    """Renewed with the same key, and then the first one was reported."""
    current = renew(server, actor=SYSTEM, expected=from_request, same_key=True)
    revoke(from_request, "keyCompromise", actor=SYSTEM)
    with refused("key.compromised", field="csr"):
        renew(server, actor=SYSTEM, expected=current, same_key=True)
    with refused("key.compromised", field="csr"):
        renew_alike(server, actor=SYSTEM, expected=current)


def reported_to_an_earlier_version(row: Certificate) -> None:
    """That one alone: what else was in force for its key stayed so."""
    Certificate.objects.filter(pk=row.pk).update(
        state="revoked", revocation_reason="keyCompromise", revoked_at=timezone.now()
    )


def test_the_automatic_renewal_says_why_it_does_not_go_on_with_a_compromised_key(
    server: Server, from_request: Certificate
) -> None:
    current = renew(server, actor=SYSTEM, expected=from_request, same_key=True)
    reported_to_an_earlier_version(from_request)
    set_renewal(server, days=30, same_key=True, actor=SYSTEM)
    with time_machine.travel(current.not_after - timedelta(days=5)):
        [renewal] = renew_due(timezone.now(), actor=SYSTEM)
    assert renewal.certificate is None
    assert "compromised" in renewal.reason


def test_a_replaced_root_does_not_carry_a_compromised_key_along(
    server: Server, from_request: Certificate
) -> None:
    renew(server, actor=SYSTEM, expected=from_request, same_key=True)
    reported_to_an_earlier_version(from_request)
    rollover = start_rollover(actor=SYSTEM, key_spec=P256)
    begin_reissuing(rollover, actor=SYSTEM)
    assert step(rollover, actor=SYSTEM).refused == 1


def test_the_page_names_the_field_and_the_way_out(
    as_operator: Signed, server: Server, compromised: Certificate
) -> None:
    answer = as_operator.post(
        f"/servers/{server.pk}/renew/",
        {"expected": compromised.pk, "origin": "request", "csr_text": csr().decode(), "days": 100,
         "csr": csr().decode()},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "revoked as compromised" in answer.content.decode()
    assert Certificate.objects.filter(server=server).count() == 1


def test_the_import_page_refuses_it_too(
    as_operator: Signed, server: Server, compromised: Certificate
) -> None:
    answer = as_operator.post(
        f"/servers/{server.pk}/import/",
        {"upload": SimpleUploadedFile("cm1.cer", bundles.der(foreign()))},
    )
    assert answer.status_code == 200
    assert "revoked as compromised" in answer.content.decode()


def test_the_command_refuses_it(
    tmp_path_factory: pytest.TempPathFactory, another: Server, compromised: Certificate
) -> None:
    path = tmp_path_factory.mktemp("csr") / "cm2.csr"
    path.write_bytes(csr())
    with pytest.raises((CommandError, CertiflowError), match="revoked as compromised"):
        call_command("issue", server=another.fqdn, csr=path)
    assert not Certificate.objects.filter(server=another).exists()


# --- workstations ----------------------------------------------------------------------


def test_a_workstation_does_not_renew_with_its_compromised_key(
    automatic_registration: None,
) -> None:
    agent = Agent("pc-1")
    first = agent.register()
    assert first.certificate is not None
    _, request = certificate_request("pc-1")
    workstation = Workstation.objects.select_related("certificate").get(pk=first.workstation.pk)
    renewed = renew_workstation(workstation, request, shown=first.certificate.pk, actor=SYSTEM)
    revoke(first.certificate, "keyCompromise", actor=SYSTEM)
    workstation = Workstation.objects.select_related("certificate").get(pk=first.workstation.pk)
    with refused("key.used_before", field="csr"):
        renew_workstation(workstation, agent.request, shown=renewed.pk, actor=SYSTEM)


def test_a_workstation_whose_key_was_reported_gets_no_other_certificate_for_it(
    automatic_registration: None,
) -> None:
    agent = Agent("pc-1")
    first = agent.register()
    assert first.certificate is not None
    revoke(first.certificate, "keyCompromise", actor=SYSTEM)
    with refused("workstation.revoked"):
        agent.register()
    # Also where it was admitted all the same, as earlier versions left it.
    Workstation.objects.filter(pk=first.workstation.pk).update(state="trusted")
    with refused("key.compromised", field="csr"):
        agent.register()


def test_two_workstations_never_hold_the_same_key(open_registration: None) -> None:
    """Both wait with it, and both are approved."""
    one, two = Agent("pc-1"), Agent("pc-2")
    _, two.request = certificate_request("pc-2", one.key)
    for agent in (one, two):
        approve(agent.register().workstation, actor=SYSTEM)
    assert one.register().certificate is not None
    with refused("key.in_use", field="csr"):
        two.register()


def test_a_servers_key_is_no_workstations(open_registration: None, server: Server) -> None:
    agent = Agent("pc-1")
    approve(agent.register().workstation, actor=SYSTEM)
    issue_for_server(server, actor=SYSTEM, csr=csr(agent.key))
    with refused("key.in_use", field="csr"):
        agent.register()


def test_a_workstations_key_is_no_servers(automatic_registration: None, server: Server) -> None:
    agent = Agent("pc-1")
    agent.register()
    with refused("key.in_use", field="csr"):
        issue_for_server(server, actor=SYSTEM, csr=csr(agent.key))


def test_the_roots_key_is_no_workstations(
    automatic_registration: None, authority: Authority
) -> None:
    agent = Agent("pc-1")
    root_key = open_key(authority.private_key)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    agent.key, agent.request = certificate_request("pc-1", root_key)
    with refused("key.used_before", field="csr"):
        agent.register()


# --- a key that is an authority's, or in force for somebody else ------------------------


def test_the_roots_key_is_no_servers(server: Server, authority: Authority) -> None:
    key = kept_key(authority.certificate)
    with refused("key.of_authority", field="csr"):
        issue_for_server(server, actor=SYSTEM, csr=csr(key))
    with refused("key.of_authority", field="files"):
        import_server_certificate(server, Material(foreign(key)), actor=SYSTEM)


def test_an_ocsp_responders_key_is_no_servers(server: Server, authority: Authority) -> None:
    key = kept_key(issue_responder(authority.pk, actor=SYSTEM))
    with refused("key.of_authority", field="csr"):
        issue_for_server(server, actor=SYSTEM, csr=csr(key))


def test_a_retired_roots_key_stays_an_authoritys(server: Server, authority: Authority) -> None:
    key = kept_key(authority.certificate)
    Authority.objects.filter(pk=authority.pk).update(retired_at=timezone.now(), active=False)
    start = Authority.objects.count()
    import_authority(root_material(), actor=SYSTEM)
    assert Authority.objects.count() == start + 1
    with refused("key.of_authority", field="csr"):
        issue_for_server(server, actor=SYSTEM, csr=csr(key))


def root_material(key: ec.EllipticCurvePrivateKey | None = None) -> Material:
    key = key or made_elsewhere.new_key()
    return Material(made_elsewhere.root("Another Root", key=key), key)


def test_a_key_in_force_for_another_server_is_refused_and_its_owner_named(
    another: Server, from_request: Certificate
) -> None:
    with refused("key.in_use", field="csr") as refusal:
        issue_for_server(another, actor=SYSTEM, csr=csr())
    assert "cm1.example.com" in refusal.value.message
    with refused("key.in_use", field="files"):
        import_server_certificate(another, Material(foreign(name=another.fqdn)), actor=SYSTEM)


def test_a_key_that_is_being_certified_for_another_server_is_in_use(
    another: Server, from_request: Certificate
) -> None:
    Certificate.objects.filter(pk=from_request.pk).update(state="prepared", sha256="")
    with refused("key.in_use", field="csr"):
        issue_for_server(another, actor=SYSTEM, csr=csr())


def test_no_root_comes_in_whose_key_was_compromised_or_is_a_servers(
    server: Server, from_request: Certificate, authority: Authority
) -> None:
    Authority.objects.filter(pk=authority.pk).update(retired_at=timezone.now(), active=False)
    with refused("key.in_use", field="files"):
        import_authority(root_material(KEY), actor=SYSTEM)
    revoke(from_request, "keyCompromise", actor=SYSTEM)
    with refused("key.compromised", field="files"):
        import_authority(root_material(KEY), actor=SYSTEM)
    with refused("key.of_authority", field="files"):
        import_authority(root_material(kept_key(authority.certificate)), actor=SYSTEM)  # type: ignore[arg-type]


# --- what stays allowed ----------------------------------------------------------------


def test_a_server_goes_on_with_its_own_key(server: Server, from_request: Certificate) -> None:
    again = renew(server, actor=SYSTEM, expected=from_request, csr=csr())
    third = renew(server, actor=SYSTEM, expected=again, same_key=True)
    imported = import_server_certificate(
        Server.objects.get(pk=server.pk), Material(foreign(), KEY), actor=SYSTEM
    )
    assert third.public_key_sha256 == imported.public_key_sha256


def test_a_key_revoked_for_another_reason_may_move_to_another_server(
    another: Server, from_request: Certificate
) -> None:
    revoke(from_request, "cessationOfOperation", actor=SYSTEM)
    assert issue_for_server(another, actor=SYSTEM, csr=csr())


def test_a_key_whose_certificate_has_expired_may_move_to_another_server(
    another: Server, from_request: Certificate
) -> None:
    with time_machine.travel(from_request.not_after + timedelta(days=1)):
        assert issue_for_server(another, actor=SYSTEM, csr=csr())


def test_a_replaced_root_certifies_servers_and_authorities_with_the_keys_they_have(
    server: Server, from_request: Certificate
) -> None:
    rollover = start_rollover(actor=SYSTEM, key_spec=P256)
    begin_reissuing(rollover, actor=SYSTEM)
    assert step(rollover, actor=SYSTEM).renewed == 1
    server.refresh_from_db()
    assert server.certificate is not None
    assert server.certificate.public_key_sha256 == from_request.public_key_sha256
    assert checks.signed_by(parsed(server.certificate), parsed(rollover.successor.certificate))


def test_a_successor_does_not_vouch_for_a_root_whose_key_was_compromised(
    authority: Authority,
) -> None:
    Certificate.objects.filter(pk=authority.certificate_id).update(
        state="revoked", revocation_reason="cACompromise"
    )
    rollover = start_rollover(actor=SYSTEM, key_spec=P256)
    crossed = Certificate.objects.filter(profile="cross")
    assert [row.authority for row in crossed] == [rollover.old]


def test_a_workstation_registers_again_with_its_own_key(automatic_registration: None) -> None:
    agent = Agent("pc-1")
    first = agent.register().certificate
    assert first is not None
    with time_machine.travel(first.not_after + timedelta(days=1)):
        second = agent.register().certificate
    assert second is not None
    assert second.public_key_sha256 == first.public_key_sha256


def test_a_workstation_renews_with_its_own_key(automatic_registration: None) -> None:
    agent = Agent("pc-1")
    first = agent.register()
    assert first.certificate is not None
    renewed = renew_workstation(
        first.workstation, agent.request, shown=first.certificate.pk, actor=SYSTEM
    )
    assert renewed.public_key_sha256 == first.certificate.public_key_sha256
    revoke_workstation(first.workstation, actor=SYSTEM, reason="Stolen")
    change_policy(open_to_all=True, automatic=True, actor=SYSTEM)
    with pytest.raises(CertiflowError):
        agent.register()


# --- weak keys, and keys for RSASSA-PSS only --------------------------------------------

CASES = Path(__file__).parent / "cases"


@cache
def weak(fault: str) -> rsa.RSAPrivateKey:
    make, _ = FAULTS[fault]
    return make()


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_no_server_is_certified_for_a_weak_key(fault: str, server: Server) -> None:
    with refused(FAULTS[fault][1], field="csr"):
        issue_for_server(server, actor=SYSTEM, csr=made_elsewhere.csr(key=weak(fault)))


def test_no_weak_key_comes_in_with_a_foreign_certificate(fault: str, server: Server) -> None:
    key = weak(fault)
    pem = bundles.pem(foreign(key)) + keys.to_pem(key)
    for files in ([bundles.pem(foreign(key))], [pem], [pfx_of(foreign(key), key)]):
        with refused(FAULTS[fault][1], field="files"):
            import_server_certificate(server, read_material(files), actor=SYSTEM)


def pfx_of(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    return bundles.pfx(key, certificate, [], "", friendly_name="cm1")


def test_no_root_comes_in_with_a_weak_key(fault: str, db: None) -> None:
    key = weak(fault)
    with refused(FAULTS[fault][1], field="files"):
        import_authority(Material(made_elsewhere.root(key=key), key), actor=SYSTEM)


def test_no_agent_registers_with_a_weak_key(fault: str, open_registration: None) -> None:
    with pytest.raises(CertiflowError) as refusal:
        requests.parse(made_elsewhere.csr("pc-1", key=weak(fault)))
    assert (refusal.value.code, refusal.value.field) == (FAULTS[fault][1], "csr")


def test_the_generator_signs_under_no_weak_root(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = weak(fault)
    path = tmp_path / "root.pem"
    path.write_bytes(bundles.pem(made_elsewhere.root(key=key)) + keys.to_pem(key))
    assert generate(
        ["--rootKey", str(path), "--ssl", "--sn", "cm1.example.com", "--out", str(tmp_path)]
    )
    assert "rootKey" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["root.pem"]


def test_a_request_for_an_rsa_pss_key_is_refused_with_the_reason(server: Server) -> None:
    with refused("key.rsa_pss", field="csr") as refusal:
        issue_for_server(server, actor=SYSTEM, csr=(CASES / "csr_rsapss_key.pem").read_bytes())
    assert "key type is not supported" in refusal.value.message


@pytest.fixture
def pss_certificate(tmp_path: Path) -> Path:
    """A self-signed certificate, which is a root as well, and its key file, by OpenSSL."""
    key, certificate = CASES / "csr_rsapss_key.key", tmp_path / "pss.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-key", key, "-subj", "/CN=cm1.example.com", "-days", "300",
         "-addext", "subjectAltName=DNS:cm1.example.com", "-addext", "extendedKeyUsage=serverAuth",
         "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate


def test_no_root_for_an_rsa_pss_key_comes_in(db: None, pss_certificate: Path) -> None:
    with refused("key.rsa_pss", field="files"):
        import_authority(read_material([pss_certificate.read_bytes()]), actor=SYSTEM)


def test_no_foreign_certificate_for_an_rsa_pss_key_comes_in(
    server: Server, pss_certificate: Path
) -> None:
    with refused("key.rsa_pss", field="files"):
        import_server_certificate(
            server, read_material([pss_certificate.read_bytes()]), actor=SYSTEM
        )


def test_no_pfx_with_an_rsa_pss_key_comes_in(
    server: Server, pss_certificate: Path, tmp_path: Path
) -> None:
    subprocess.run(
        ["openssl", "pkcs12", "-export", "-in", pss_certificate, "-passout", "pass:secret",
         "-inkey", CASES / "csr_rsapss_key.key", "-out", tmp_path / "pss.pfx"],
        check=True, capture_output=True,
    )  # fmt: skip
    with refused("key.rsa_pss", field="files"):
        material = read_material([(tmp_path / "pss.pfx").read_bytes()], "secret")
        import_server_certificate(server, material, actor=SYSTEM)


def test_a_key_file_for_rsa_pss_only_is_refused() -> None:
    pem = (CASES / "csr_rsapss_key.key").read_bytes()
    der = subprocess.run(
        ["openssl", "pkey", "-outform", "DER"], input=pem, check=True, capture_output=True
    ).stdout
    for data in (pem, der):
        with pytest.raises(CertiflowError) as refusal:
            keys.load(data)
        assert refusal.value.code == "key.rsa_pss"
