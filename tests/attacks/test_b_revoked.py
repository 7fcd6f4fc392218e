"""Who was revoked or denied stays outside: attempts to come back without anybody's decision."""

import pytest

from pki.actions.actor import SYSTEM
from pki.actions.enrollment_tokens import make_token
from pki.actions.registration_policy import change_policy
from pki.actions.revocation import revoke
from pki.actions.trust import deny, trust
from pki.actions.workstation_certificates import renew_workstation
from pki.errors import CertiflowError, Forbidden
from pki.models import AgentTask, AuditEvent, Authority, Certificate, Workstation
from tests.attacks.test_b_workstations import state_of
from tests.pki import conftest as installation
from tests.pki.actions.evidence import refused
from tests.pki.conftest import Agent, Signed, certificate_request

authority = installation.authority
administrator = installation.administrator
as_administrator = installation.as_administrator
confirmed = installation.confirmed
open_registration = installation.open_registration
automatic_registration = installation.automatic_registration
forgotten_attempts = installation.forgotten_attempts


@pytest.fixture
def agent(automatic_registration: None) -> Agent:
    """Trusted; from then on registration is closed."""
    found = Agent("pc-1")
    trust(found.register().workstation, actor=SYSTEM)
    change_policy(open_to_all=False, automatic=False, actor=SYSTEM)
    return found


def row() -> Workstation:
    return Workstation.objects.select_related("certificate").get()


def current() -> Certificate:
    certificate = row().certificate
    assert certificate is not None
    return certificate


def renewed() -> Certificate:
    _, request = certificate_request("pc-1")
    return renew_workstation(row(), request, shown=current().pk, actor=SYSTEM)


# --- a revoked certificate --------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["cessationOfOperation", "superseded", "keyCompromise"])
def test_whose_certificate_was_revoked_gets_no_other_one_by_asking(
    agent: Agent, reason: str
) -> None:
    revoke(current(), reason, actor=SYSTEM)
    with refused("workstation.revoked"):
        agent.register()
    assert state_of(row()) == "revoked"
    assert not Certificate.objects.filter(workstation=row(), state="issued").exists()


def test_the_page_says_that_the_workstation_goes_with_it(agent: Agent, confirmed: Signed) -> None:
    address = f"{current().get_absolute_url()}revoke/"
    page = confirmed.get(address).content.decode()
    assert "The workstation is revoked with it" in page

    answer = confirmed.post(
        address, {"reason": "cessationOfOperation", "sure": "on"}, follow=True
    ).content.decode()

    assert "The workstation is revoked with it" in answer
    assert state_of(row()) == "revoked"
    with pytest.raises(Forbidden):
        agent.register()


def test_the_certificate_before_does_not_come_back_for_a_revoked_one(agent: Agent) -> None:
    """Renewed by a thief, and the owner reported that one."""
    before = current()
    revoke(renewed(), "keyCompromise", actor=SYSTEM)
    before.refresh_from_db()
    assert (before.state, before.revocation_reason) == ("revoked", "keyCompromise")
    _, request = certificate_request("pc-1")
    with pytest.raises(CertiflowError):
        renew_workstation(row(), request, shown=before.pk, actor=SYSTEM)
    assert Certificate.objects.filter(workstation=row()).count() == 2


def test_the_certificate_before_may_be_revoked_alone(agent: Agent) -> None:
    before = current()
    renewed()
    revoke(before, "superseded", actor=SYSTEM)
    assert state_of(row()) == "trusted"
    assert current().state == "issued"


def test_the_trail_tells_of_both_and_its_tasks_end(agent: Agent) -> None:
    task = AgentTask.objects.create(workstation=row(), kind="report-inventory")
    certificate = revoke(current(), "privilegeWithdrawn", actor=SYSTEM)

    of_certificate, of_workstation = AuditEvent.objects.order_by("pk").filter(
        event__in=["certificate.revoked", "workstation.revoked"]
    )

    assert of_certificate.detail["reason"] == "privilegeWithdrawn"
    assert of_workstation.detail["revocation_reason"] == "privilegeWithdrawn"
    assert certificate.serial_number in of_workstation.detail["reason"]
    task.refresh_from_db()
    assert task.state == "cancelled"


def revoked_by_an_earlier_version() -> Certificate:
    """The certificate alone, as it was until now."""
    certificate = current()
    Certificate.objects.filter(pk=certificate.pk).update(
        state="revoked", revocation_reason="cessationOfOperation", revoked_at=certificate.issued_at
    )
    return certificate


def test_a_key_of_a_revoked_certificate_is_refused_in_old_installations_too(agent: Agent) -> None:
    revoked_by_an_earlier_version()
    with refused("key.used_before", field="csr"):
        agent.register()


def test_nothing_takes_the_place_of_a_revoked_one_in_old_installations_either(
    agent: Agent,
) -> None:
    before = current()
    renewed()
    revoked_by_an_earlier_version()
    _, request = certificate_request("pc-1")
    with refused("workstation.revoked"):
        renew_workstation(row(), request, shown=before.pk, actor=SYSTEM)


# --- denied -----------------------------------------------------------------------------------


def test_a_denied_workstation_does_not_come_in_with_another_key(authority: Authority) -> None:
    _, token = make_token("all", actor=SYSTEM, uses=5, automatic=True)
    change_policy(open_to_all=True, automatic=False, actor=SYSTEM)
    deny(Agent("pc-1").register().workstation, actor=SYSTEM)
    change_policy(open_to_all=True, automatic=True, actor=SYSTEM)
    for again in (Agent("pc-1", token), Agent("PC-1")):
        back = again.register()
        assert back.certificate is None
        assert (back.workstation.state, back.workstation.identifier_taken) == ("pending", True)
