"""Any sequence of decisions, registrations and calls leaves every workstation as it must be."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from pki.actions.actor import SYSTEM
from pki.actions.agent_tasks import assign_task, cancel_task, lease_tasks, take_result
from pki.actions.registration_policy import change_policy
from pki.actions.revocation import revoke
from pki.actions.trust import (
    approve,
    deny,
    reinstate,
    reinstate_without_code,
    revoke_workstation,
    trust,
)
from pki.actions.workstation_certificates import renew_workstation
from pki.errors import CertiflowError
from pki.models import AgentTask, AuditEvent, Authority, Certificate, TrustState, Workstation
from pki.models.workstation import ADMITTED, TRANSITIONS
from pki.x509 import keys
from tests.pki.conftest import Agent, certificate_request

IDENTIFIERS = st.sampled_from(["pc-1", "PC-1", "pc-2"])
VERBS: dict[str, Any] = {
    "approve": lambda row: approve(row, actor=SYSTEM),
    "deny": lambda row: deny(row, actor=SYSTEM),
    "trust": lambda row: trust(row, actor=SYSTEM),
    "revoke": lambda row: revoke_workstation(row, actor=SYSTEM, reason="Because"),
    "reinstate": lambda row: reinstate_without_code(row, actor=SYSTEM, reason="Because"),
}


class TrustMachine(RuleBasedStateMachine):
    """Each rule may be refused in words; what the invariants say holds all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.agents: list[Agent] = []
        #: What people were shown, by the row it is for.
        self.codes: dict[int, str] = {}
        self.open = transaction.atomic()
        self.open.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.open.__exit__(None, None, None)

    @initialize(automatic=st.booleans())
    def switch_on(self, automatic: bool) -> None:
        change_policy(open_to_all=True, automatic=automatic, actor=SYSTEM)

    @rule(agent_id=IDENTIFIERS)
    def a_machine_comes(self, agent_id: str) -> None:
        if len(self.agents) < 6:
            self.agents.append(Agent(agent_id))
            self.tried(self.agents[-1].register)

    @rule(number=st.integers(0, 5))
    def a_machine_asks_again(self, number: int) -> None:
        if number < len(self.agents):
            self.tried(self.agents[number].register)

    @rule(verb=st.sampled_from(sorted(VERBS)), number=st.integers(0, 5))
    def someone_decides(self, verb: str, number: int) -> None:
        row = self.one_of_them(number)
        if row is None:
            return
        possible = row.may(verb)
        events = AuditEvent.objects.filter(event=TRANSITIONS[verb].event)
        before = events.count()
        done = self.tried(lambda: VERBS[verb](row))
        fresh = Workstation.objects.get(pk=row.pk)
        if done:
            assert possible
            assert fresh.state == TRANSITIONS[verb].target
            assert events.count() == before + 1
        else:
            assert fresh.state == row.state
            assert events.count() == before

    @rule(number=st.integers(0, 20), reason=st.sampled_from(["superseded", "keyCompromise"]))
    def someone_revokes_a_certificate(self, number: int, reason: str) -> None:
        rows = list(Certificate.objects.exclude(workstation=None).order_by("pk"))
        if rows:
            self.tried(lambda: revoke(rows[number % len(rows)], reason, actor=SYSTEM))

    @rule(number=st.integers(0, 5))
    def someone_reinstates_with_a_code(self, number: int) -> None:
        """Straight after revoking it: else few sequences would come so far."""
        row = self.one_of_them(number)

        def give_out() -> None:
            assert row is not None
            if row.state in ADMITTED:
                revoke_workstation(row, actor=SYSTEM, reason="Because")
            self.codes[row.pk] = reinstate(row, actor=SYSTEM, reason="Because").code

        if row is not None:
            self.tried(give_out)

    @rule(number=st.integers(0, 5), waiting=st.booleans())
    def a_machine_brings_a_code(self, number: int, waiting: bool) -> None:
        row = self.one_of_them(number)
        code = self.codes.get(row.pk) if row is not None else None
        if row is None or code is None or len(self.agents) >= 8:
            return
        awaited = row.awaits_new_key and row.new_key_code_sha256 != ""
        agent = Agent(row.agent_id)
        self.agents.append(agent)
        if waiting:
            self.tried(agent.register)
        agent.token = code
        admitted = Workstation.objects.filter(
            public_key_sha256=keys.public_key_sha256(agent.request.public_key), state__in=ADMITTED
        )
        # One that waits is answered that it waits, whatever code it brings.
        came_back = self.tried(agent.register) and admitted.exists()
        assert came_back == awaited, "exactly once, for the row it was made for"

    @rule(number=st.integers(0, 5))
    def a_workstation_renews(self, number: int) -> None:
        row = self.one_of_them(number)
        if row is not None and row.state in ADMITTED and row.certificate is not None:
            _, request = certificate_request(row.agent_id)
            shown = row.certificate.pk
            self.tried(lambda: renew_workstation(row, request, shown=shown, actor=SYSTEM))

    @rule(number=st.integers(0, 5), outcome=st.sampled_from(["", "completed", "error", "cancel"]))
    def a_task_runs(self, number: int, outcome: str) -> None:
        row = self.one_of_them(number)
        if row is None:
            return
        assigned = self.tried(lambda: assign_task(row, "report-inventory", {}, actor=SYSTEM))
        assert not assigned or row.state == TrustState.TRUSTED
        for task in lease_tasks(row, actor=SYSTEM):
            if outcome == "cancel":
                cancel_task(task, actor=SYSTEM)
            elif outcome:
                take_result(row, str(task.pk), outcome, "", {}, actor=SYSTEM)

    def one_of_them(self, number: int) -> Workstation | None:
        rows = list(Workstation.objects.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    def tried(self, action: Any) -> bool:
        try:
            with transaction.atomic():
                action()
        except CertiflowError:
            return False
        return True

    @invariant()
    def no_state_hands_an_identity_to_the_first_caller(self) -> None:
        """With a key of his own, no code, in any spelling, under any policy."""
        taken = Workstation.objects.all()
        for agent_id in {name.lower() for name in taken.values_list("agent_id", flat=True)}:
            before = set(taken.filter(state__in=ADMITTED).values_list("pk", "public_key_sha256"))
            for spelling in (agent_id, agent_id.upper()):
                with transaction.atomic():
                    stranger = Agent(spelling).register()
                    assert stranger.certificate is None
                    assert stranger.workstation.state == TrustState.PENDING
                    assert stranger.workstation.identifier_taken
                    after = taken.filter(state__in=ADMITTED)
                    assert set(after.values_list("pk", "public_key_sha256")) == before
                    transaction.set_rollback(True)

    @invariant()
    def an_identifier_is_admitted_once(self) -> None:
        admitted = Workstation.objects.filter(state__in=ADMITTED)
        names = [name.lower() for name in admitted.values_list("agent_id", flat=True)]
        assert len(names) == len(set(names))

    @invariant()
    def only_the_admitted_have_valid_certificates(self) -> None:
        valid = Certificate.objects.filter(workstation__isnull=False, state="issued")
        assert not valid.exclude(workstation__state__in=ADMITTED).exists()
        assert not Certificate.objects.filter(state="prepared").exists()

    @invariant()
    def a_current_certificate_is_for_the_key_and_the_name(self) -> None:
        for row in Workstation.objects.exclude(certificate=None).select_related("certificate"):
            assert row.certificate is not None
            assert row.certificate.public_key_sha256 == row.public_key_sha256
            assert row.certificate.common_name == row.agent_id
            assert row.certificate.workstation_id == row.pk

    @invariant()
    def nobody_is_admitted_with_a_revoked_key(self) -> None:
        admitted = Workstation.objects.filter(state__in=ADMITTED).exclude(public_key_sha256="")
        revoked = Certificate.objects.filter(state="revoked").values("public_key_sha256")
        assert not admitted.filter(public_key_sha256__in=revoked).exists()

    @invariant()
    def a_key_belongs_to_one_workstation(self) -> None:
        owners: dict[str, int | None] = {}
        for key, owner in Certificate.objects.filter(workstation__isnull=False).values_list(
            "public_key_sha256", "workstation"
        ):
            assert owners.setdefault(key, owner) == owner

    @invariant()
    def open_tasks_are_of_trusted_workstations(self) -> None:
        open_tasks = AgentTask.objects.filter(state__in=["idle", "running"])
        assert not open_tasks.exclude(workstation__state=TrustState.TRUSTED).exists()


@pytest.mark.django_db
def test_no_sequence_of_actions_breaks_trust(authority: Authority) -> None:
    run(
        TrustMachine,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
