"""How a workstation joins."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.enrollment_tokens import make_token, withdraw_token
from pki.actions.registration import NEW_A_MINUTE
from pki.actions.trust import approve, deny, reinstate, revoke_workstation, trust
from pki.errors import CertiflowError, Conflict, Forbidden, InvalidInput, Unavailable
from pki.models import AuditEvent, Authority, Certificate, EnrollmentToken, Workstation
from tests.pki.conftest import Agent, certificate_request


def refused(agent: Agent, kind: type[CertiflowError]) -> CertiflowError:
    before = Workstation.objects.count(), Certificate.objects.count()
    with pytest.raises(kind) as caught:
        agent.register()
    assert (Workstation.objects.count(), Certificate.objects.count()) == before
    return caught.value


def test_without_a_token_nobody_registers_unless_that_is_switched_on(authority: Authority) -> None:
    assert refused(Agent("pc-1"), Forbidden).code == "registration.token_required"


def test_a_workstation_waits_until_it_is_approved_and_then_gets_its_certificate(
    open_registration: None,
) -> None:
    agent = Agent("pc-1")
    first = agent.register()
    assert first.workstation.state == "pending"
    assert first.certificate is None
    approve(first.workstation, actor=SYSTEM)

    second = agent.register()

    assert second.workstation == first.workstation
    assert second.certificate is not None
    assert second.certificate.common_name == "pc-1"
    assert second.certificate.profile == "workstation"


def test_an_agent_that_lost_the_answer_gets_the_same_certificate(
    automatic_registration: None,
) -> None:
    agent = Agent("pc-1")
    first, second = agent.register(), agent.register()
    assert first.certificate == second.certificate
    assert Certificate.objects.filter(workstation=first.workstation).count() == 1


def test_a_second_machine_under_a_taken_identifier_waits_and_is_flagged(
    automatic_registration: None,
) -> None:
    first = Agent("pc-1").register()
    second = Agent("pc-1").register()
    assert second.workstation.state == "pending"
    assert second.workstation.identifier_taken
    first.workstation.refresh_from_db()
    assert first.workstation.state == "approved"
    with pytest.raises(Conflict) as caught:
        approve(second.workstation, actor=SYSTEM)
    assert caught.value.code == "workstation.identifier_taken"


def test_a_token_with_automatic_approval_lets_in_as_many_as_it_says(authority: Authority) -> None:
    _, token = make_token("Branch", actor=SYSTEM, uses=1, automatic=True)
    agent = Agent("pc-1", token)
    assert agent.register().certificate is not None
    assert agent.register().certificate is not None, "asking again is no second use"
    assert refused(Agent("pc-2", token), Forbidden).code == "token.used"


def test_a_token_without_automatic_approval_only_opens_the_queue(authority: Authority) -> None:
    _, token = make_token("Branch", actor=SYSTEM)
    assert Agent("pc-1", token).register().workstation.state == "pending"


def test_expired_withdrawn_foreign_and_unknown_tokens_are_refused_and_not_used(
    authority: Authority,
) -> None:
    row, token = make_token("One day", actor=SYSTEM, lifetime=timedelta(days=1), uses=5)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert refused(Agent("pc-1", token), Forbidden).code == "token.expired"
    withdraw_token(row, actor=SYSTEM)
    assert refused(Agent("pc-1", token), Forbidden).code == "token.withdrawn"
    assert refused(Agent("pc-1", "cft_wrong"), Forbidden).code == "token.invalid"
    _, bound = make_token("Office", actor=SYSTEM, name_pattern="office-*")
    assert refused(Agent("pc-1", bound), Forbidden).code == "token.name_pattern"
    assert Agent("office-7", bound).register().workstation.state == "pending"
    row.refresh_from_db()
    assert row.uses == 0


def test_a_token_is_stored_as_a_hash_only(authority: Authority) -> None:
    row, token = make_token("Branch", actor=SYSTEM)
    stored = EnrollmentToken.objects.filter(pk=row.pk).values().get()
    assert token not in str(stored)
    assert token not in str(list(AuditEvent.objects.values()))


def test_a_request_for_another_name_is_refused(automatic_registration: None) -> None:
    agent = Agent("pc-1")
    _, agent.request = certificate_request("pc-2")
    assert refused(agent, InvalidInput).field == "csr"


@pytest.mark.parametrize("agent_id", ["", "a" * 65, "pc 1", "pc/1", "pc\x001", "пк-1"])
def test_an_identifier_that_cannot_be_used_is_named(
    automatic_registration: None, agent_id: str
) -> None:
    agent = Agent("pc-1")
    agent.agent_id = agent_id
    assert refused(agent, InvalidInput).field == "agent_id"


def test_too_many_newcomers_from_one_address_have_to_wait(open_registration: None) -> None:
    for number in range(NEW_A_MINUTE):
        Agent(f"pc-{number}").register()
    assert refused(Agent("pc-x"), Unavailable).code == "registration.too_many"


def test_a_denied_workstation_is_told_so_until_someone_approves_it(
    open_registration: None,
) -> None:
    agent = Agent("pc-1")
    row = agent.register().workstation
    deny(row, actor=SYSTEM, reason="Unknown machine")
    assert refused(agent, Forbidden).code == "workstation.denied"
    approve(row, actor=SYSTEM)
    assert agent.register().certificate is not None


def test_a_revoked_workstation_comes_back_with_a_new_key_only(
    automatic_registration: None,
) -> None:
    agent = Agent("pc-1")
    row = trust(agent.register().workstation, actor=SYSTEM)
    revoke_workstation(row, actor=SYSTEM, reason="Stolen", revocation_reason="keyCompromise")
    assert refused(agent, Forbidden).code == "workstation.revoked"
    code = reinstate(row, actor=SYSTEM, reason="Found again").code
    agent.token = code
    assert refused(agent, InvalidInput).code == "key.used_before"
    fresh = Agent("pc-1", code).register()
    assert fresh.workstation == row
    assert fresh.certificate is not None
    old, new = Certificate.objects.filter(workstation=row).order_by("id")
    assert (old.state, old.revocation_reason) == ("revoked", "keyCompromise")
    assert new.state == "issued"


def test_the_day_for_the_new_key_is_over_after_a_day(automatic_registration: None) -> None:
    row = trust(Agent("pc-1").register().workstation, actor=SYSTEM)
    revoke_workstation(row, actor=SYSTEM, reason="Moved")
    code = reinstate(row, actor=SYSTEM, reason="Back").code
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert refused(Agent("pc-1", code), Forbidden).code == "token.expired"
        late = Agent("pc-1").register()
    assert late.workstation != row
    assert late.workstation.state == "pending"
    assert late.workstation.identifier_taken
