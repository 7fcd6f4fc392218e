"""Whatever people do and however the clock goes: nothing is told twice, and nothing ends untold."""

import contextlib
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from pki.actions.acknowledging import acknowledge, snooze, take_back
from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.reminder_policies import change_reminder_policy
from pki.actions.reminding import remind
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.errors import InvalidInput
from pki.models import Notice, Reminder, ReminderKind, Server
from tests.pki.actions.conftest import P256

DAY = timedelta(days=1)


class ReminderMachine(RuleBasedStateMachine):
    """One server, a clock that goes forward, and people who take reminders up or put them off."""

    def __init__(self) -> None:
        super().__init__()
        self.open = transaction.atomic()
        self.open.__enter__()
        self.now = timezone.now()
        self.days = [60, 30, 14, 7, 3, 1, 0]
        create_authority(actor=SYSTEM, key_spec=P256)
        self.server = add_server("cm1.example.com", actor=SYSTEM)
        issue_for_server(self.server, actor=SYSTEM, key_spec=P256, lifetime=timedelta(days=90))

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.open.__exit__(None, None, None)

    def reminder(self) -> Reminder | None:
        return Reminder.objects.filter(kind=ReminderKind.SERVER, closed_at=None).first()

    @rule(hours=st.integers(1, 24 * 25))
    def time_goes_on(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.look()

    @rule()
    def look(self) -> None:
        remind(self.now, actor=SYSTEM)

    @rule()
    def somebody_takes_it_up(self) -> None:
        if row := self.reminder():
            with time_machine.travel(self.now, tick=False):
                acknowledge(row, "Mine.", actor=SYSTEM)

    @rule(days=st.integers(1, 40))
    def somebody_puts_it_off(self, days: int) -> None:
        if row := self.reminder():
            # Refused where it would be beyond the end.
            with (
                time_machine.travel(self.now, tick=False),
                contextlib.suppress(InvalidInput),
            ):
                snooze(row, self.now + days * DAY, "Later.", actor=SYSTEM)

    @rule()
    def somebody_opens_it_again(self) -> None:
        if row := self.reminder():
            take_back(row, actor=SYSTEM)

    @rule(days=st.lists(st.integers(0, 80), min_size=1, max_size=5, unique=True))
    def the_policy_changes(self, days: list[int]) -> None:
        self.days = sorted({*days, 0}, reverse=True)
        change_reminder_policy(
            ReminderKind.SERVER,
            enabled=True,
            days=self.days,
            groups=[],
            escalate_after_days=None,
            escalation_group=None,
            actor=SYSTEM,
        )
        self.look()

    @rule()
    def it_is_renewed(self) -> None:
        current = Server.objects.get().certificate
        assert current is not None
        with time_machine.travel(self.now, tick=False):
            renew(
                Server.objects.get(),
                actor=SYSTEM,
                expected=current,
                key_spec=P256,
                lifetime=timedelta(days=90),
            )
        self.look()

    @invariant()
    def the_steps_of_a_reminder_only_come_closer(self) -> None:
        for row in Reminder.objects.filter(kind=ReminderKind.SERVER):
            told = Notice.objects.filter(reminder=row).order_by("pk").values_list("step", flat=True)
            days = [int(step) for step in told if step.isdigit()]
            assert all(before > after for before, after in pairwise(days))

    @invariant()
    def what_ends_is_open(self) -> None:
        """As the last look left it."""
        current = Server.objects.get().certificate
        assert current is not None
        row = self.reminder()
        assert row is None or row.key == f"certificate:{current.pk}"
        if current.not_after <= self.now:
            assert row is not None

    @invariant()
    def nothing_ends_untold(self) -> None:
        current = Server.objects.get().certificate
        assert current is not None
        if current.not_after <= self.now:
            row = self.reminder()
            assert row is not None
            assert Notice.objects.filter(reminder=row, step="0").count() == 1


@pytest.mark.django_db
def test_any_sequence_of_days_and_decisions() -> None:
    run(
        ReminderMachine,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
