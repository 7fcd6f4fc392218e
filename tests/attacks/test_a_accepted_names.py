"""What an administrator once confirmed, used for a key that he never saw."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.automatic_renewal import renew_due, set_renewal
from pki.actions.confirmations import AS_BEFORE, Confirmations
from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.name_policy import change_name_policy, current_name_policy, not_accepted
from pki.actions.rollover.stages import begin_reissuing
from pki.actions.rollover.starting import start_rollover
from pki.actions.rollover.waves import step
from pki.actions.server_certificates import issue_for_server, renew, renew_alike
from pki.actions.servers import add_server
from pki.models import Authority, Certificate, Server, ServerRollover
from pki.x509 import bundles, keys
from pki.x509.keys import KeySpec
from pki.x509.material import Material
from tests.pki.actions import made_elsewhere
from tests.pki.actions.evidence import refused
from tests.pki.conftest import Signed
from tests.pki.dashboard.servers.test_servers import text

P256 = KeySpec.parse("ec-p256")
SHELL = Actor(name="root", door="command")
OPERATOR = Actor(name="oper", door="dashboard")
YES = Confirmations(shared=True, outside_policy=True)
OUTSIDE = "login.example.org"
KEY = made_elsewhere.new_key()


def pair(*names: str, days: int = 20, key: made_elsewhere.Key = KEY) -> Material:
    made = made_elsewhere.certificate(
        names[0], names, key=key, issuer=None, issuer_key=key, days=(-1, days)
    )
    return Material(made, key)


def uploads(material: Material) -> list[SimpleUploadedFile]:
    assert material.key is not None
    return [
        SimpleUploadedFile("a.cer", bundles.pem(material.certificate)),
        SimpleUploadedFile("a.key", keys.to_pem(material.key)),
    ]


def put_in_force(server: Server, material: Material) -> Certificate:
    """As an earlier release took it: with no look at the names of the entry."""
    names = server.additional_names
    Server.objects.filter(pk=server.pk).update(additional_names=[])
    rows = list(server.claims.exclude(name=server.fqdn))
    server.claims.exclude(name=server.fqdn).delete()
    row = import_server_certificate(server, material, actor=SHELL)
    Server.objects.filter(pk=server.pk).update(additional_names=names)
    for claim in rows:
        claim.save(force_insert=True)
    server.refresh_from_db()
    return row


@pytest.fixture
def host(authority: Authority) -> Server:
    host = add_server(settings.HOST, actor=SHELL, additional_names=["dash.example.net"])
    issue_for_server(host, actor=SHELL, key_spec=P256)
    return host


def with_made_key(extra: str) -> Server:
    server = add_server("lb.example.com", actor=SHELL, additional_names=[extra], confirmed=YES)
    issue_for_server(server, actor=SHELL, key_spec=P256, confirmed=YES)
    server.refresh_from_db()
    return server


@pytest.fixture(params=["own", "shared with this host", "outside the policy"])
def accepted(request: pytest.FixtureRequest, host: Server) -> Server:
    if request.param == "own":
        return with_made_key(settings.HOST)
    if request.param == "shared with this host":
        return with_made_key("dash.example.net")
    change_name_policy(["example.com"], actor=SHELL)
    return with_made_key(OUTSIDE)


def reason_of_automatic_renewal() -> str:
    [result] = list(renew_due(timezone.now(), actor=SYSTEM))
    return result.reason


# --- this host's names, and those outside the policy -----------------------------------


def test_an_operator_gets_no_accepted_name_on_a_key_he_brings(
    as_operator: Signed, accepted: Server
) -> None:
    before = accepted.certificate
    answer = as_operator.post(
        f"/servers/{accepted.pk}/import/", {"upload": uploads(pair(accepted.fqdn))}
    )
    assert answer.status_code == 200, "his key took over the entry"
    assert "administrator" in text(answer) or "made here" in text(answer)
    as_operator.post(f"/servers/{accepted.pk}/renewal/", {"days": "198", "same_key": "on"})
    assert list(renew_due(timezone.now(), actor=SYSTEM)) == []
    accepted.refresh_from_db()
    assert accepted.certificate == before


@pytest.mark.parametrize("same_key", [True, False])
def test_nor_by_automatic_renewal_where_it_is_in_already(accepted: Server, same_key: bool) -> None:
    put_in_force(accepted, pair(accepted.fqdn))
    set_renewal(accepted, days=198, same_key=same_key, actor=OPERATOR)
    reason = reason_of_automatic_renewal()
    if same_key:
        assert "made here" in reason or "outside the name policy" in reason
    else:
        assert reason == "", "a key made here goes on"
        assert not_accepted(current_name_policy()) == []
    accepted.refresh_from_db()
    assert accepted.certificate is not None
    assert (accepted.certificate.source == "imported") is same_key


def test_nor_by_the_waves_of_a_rollover(accepted: Server, authority: Authority) -> None:
    taken = put_in_force(accepted, pair(accepted.fqdn))
    Certificate.objects.filter(pk=taken.pk).update(authority=authority)
    set_renewal(accepted, days=None, same_key=True, actor=OPERATOR)
    rollover = start_rollover(actor=SHELL, common_name="Next CA", key_spec=P256)
    begin_reissuing(rollover, actor=SHELL)
    step(rollover, actor=SYSTEM)
    problem = ServerRollover.objects.get(server=accepted).problem
    assert "made here" in problem or "outside the name policy" in problem


def test_a_shared_name_of_this_host_is_not_renewed_for_a_key_from_a_request(
    authority: Authority,
) -> None:
    """As it was before the host's entry took the name."""
    server = add_server("lb.example.com", actor=SHELL, additional_names=["dash.example.net"])
    row = issue_for_server(server, actor=SHELL, csr=made_elsewhere.csr(key=KEY))
    add_server(settings.HOST, actor=SHELL, additional_names=["dash.example.net"], confirmed=YES)
    with refused("host.key_made_here", field="key"):
        renew_alike(server, expected=row, actor=SYSTEM, confirmed=AS_BEFORE)


def test_an_acceptance_ends_with_another_key_from_outside(authority: Authority) -> None:
    change_name_policy(["example.com"], actor=SHELL)
    server = with_made_key(OUTSIDE)
    change_name_policy([], actor=SHELL)
    assert server.certificate is not None
    row = renew(
        server, expected=server.certificate, actor=OPERATOR, csr=made_elsewhere.csr(key=KEY)
    )
    change_name_policy(["example.com"], actor=SHELL, keep_existing=False)
    assert not_accepted(current_name_policy()) == [server]
    with refused("name.outside_policy"):
        renew_alike(server, expected=row, actor=SYSTEM, confirmed=AS_BEFORE)


# --- what stays allowed ----------------------------------------------------------------


def test_the_key_that_was_accepted_goes_on(authority: Authority) -> None:
    change_name_policy(["example.com"], actor=SHELL)
    server = add_server(OUTSIDE, actor=SHELL, confirmed=YES)
    first = issue_for_server(server, actor=SHELL, csr=made_elsewhere.csr(key=KEY), confirmed=YES)
    again = renew_alike(server, expected=first, actor=SYSTEM, confirmed=AS_BEFORE)
    assert renew_alike(server, expected=again, actor=SYSTEM, confirmed=AS_BEFORE)


def test_so_does_an_imported_one(authority: Authority) -> None:
    change_name_policy(["example.com"], actor=SHELL)
    server = add_server(OUTSIDE, actor=SHELL, confirmed=YES)
    import_server_certificate(server, pair(OUTSIDE), actor=SHELL, confirmed=YES)
    set_renewal(server, days=30, same_key=True, actor=SHELL)
    assert reason_of_automatic_renewal() == ""


def test_and_the_keys_that_are_there_when_a_policy_is_tightened(authority: Authority) -> None:
    server = add_server(OUTSIDE, actor=SHELL)
    row = issue_for_server(server, actor=SHELL, csr=made_elsewhere.csr(key=KEY))
    call_command("permit", "example.com")
    with time_machine.travel(row.not_after - timedelta(days=5)):
        assert renew_alike(server, expected=row, actor=SYSTEM, confirmed=AS_BEFORE)


# --- importing --------------------------------------------------------------------------


@pytest.mark.parametrize("name", [settings.HOST, "dash.example.net"])
def test_not_even_an_administrator_imports_a_name_of_this_host_for_another_server(
    as_administrator: Signed, host: Server, name: str
) -> None:
    server = add_server("lb.example.com", actor=SHELL)
    form = {"upload": uploads(pair(server.fqdn, name)), "shared": "on", "outside_policy": "on"}
    answer = as_administrator.post(f"/servers/{server.pk}/import/", form)
    assert answer.status_code == 200, "it was accepted"
    assert "made here" in text(answer)
    assert not Certificate.objects.filter(server=server).exists()


def test_nor_for_one_that_shares_it(as_administrator: Signed, host: Server) -> None:
    server = with_made_key("dash.example.net")
    form = {"upload": uploads(pair(server.fqdn)), "shared": "on"}
    answer = as_administrator.post(f"/servers/{server.pk}/import/", form)
    assert "made here" in text(answer)
    assert Certificate.objects.filter(server=server).count() == 1
