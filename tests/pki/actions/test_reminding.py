"""What is told of what expires, fails or waits: each step once, to the right people."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from pki.actions.acknowledging import acknowledge, acknowledge_all, snooze, take_back
from pki.actions.actor import SYSTEM, Actor
from pki.actions.automatic_renewal import set_renewal
from pki.actions.recipients import default_group
from pki.actions.reminder_policies import change_reminder_policy
from pki.actions.reminding import remind
from pki.actions.server_certificates import renew
from pki.errors import Conflict, InvalidInput
from pki.models import (
    AuditEvent,
    Authority,
    Backup,
    Certificate,
    Notice,
    ProbeState,
    RecipientGroup,
    Reminder,
    ReminderKind,
    Server,
    Telling,
    TrustState,
    User,
    Workstation,
)
from tests.pki.actions.conftest import P256

DAY = timedelta(days=1)


@pytest.fixture
def anna(db: None) -> User:
    """The only administrator who has an address."""
    return User.objects.create_user("anna", email="Anna@Example.com", role="administrator")


@pytest.fixture(autouse=True)
def backup(db: None) -> Backup:
    """Of a day so far ahead that nobody is reminded of the next one."""
    return Backup.objects.create(at=timezone.now() + 40 * 365 * DAY, made_by="anna", size=1, rows=1)


def look(now: datetime | None = None) -> None:
    remind(now or timezone.now(), actor=SYSTEM)


def steps(kind: str = ReminderKind.SERVER) -> list[str]:
    found = Notice.objects.filter(reminder__kind=kind).order_by("pk")
    return list(found.values_list("step", flat=True))


def day_by_day(certificate: Certificate, first: int, last: int) -> None:
    """A look on every day, from so many days before the end to so many."""
    for left in range(first, last - 1, -1):
        # A little later than the moment itself, as a clock comes.
        look(certificate.not_after - left * DAY + timedelta(minutes=5))


def test_every_step_is_told_once_on_its_day(certificate: Certificate, anna: User) -> None:
    day_by_day(certificate, 70, -5)
    assert steps() == ["60", "30", "14", "7", "3", "1", "0"]
    assert [notice.urgent for notice in Notice.objects.order_by("pk")] == 4 * [False] + 3 * [True]
    texts = list(Notice.objects.order_by("pk").values_list("text", flat=True))
    assert texts[0].startswith("The certificate of cm1.example.com expires in 60 days, on ")
    assert texts[5].startswith("The certificate of cm1.example.com expires in 1 day, on ")
    assert texts[6].startswith("The certificate of cm1.example.com expired on ")
    assert set(Telling.objects.values_list("address", flat=True)) == {"anna@example.com"}
    assert Telling.objects.count() == 7


def test_a_clock_that_stood_still_tells_the_newest_step_only(certificate: Certificate) -> None:
    look(certificate.not_after - 61 * DAY)
    look(certificate.not_after - 6 * DAY)
    assert steps() == ["7"]


def test_two_looks_at_once_tell_once(certificate: Certificate, anna: User) -> None:
    now = certificate.not_after - 20 * DAY
    look(now)
    # As if another node had not seen the first one's rows.
    Reminder.objects.update(step="")
    look(now)
    assert steps() == ["30"]
    assert Telling.objects.count() == 1


def test_a_renewed_certificate_settles_it_and_whoever_was_told_hears_so(
    certificate: Certificate, server: Server, anna: User, fresh: Callable[[], Server]
) -> None:
    with time_machine.travel(certificate.not_after - 20 * DAY, tick=False):
        look()
        renew(fresh(), actor=SYSTEM, expected=certificate, key_spec=P256)
        look()
    assert steps() == ["30", "closed"]
    assert Reminder.objects.get(kind="server").condition(timezone.now()) == "closed"


def test_a_matter_that_comes_back_says_no_step_twice(
    certificate: Certificate, server: Server
) -> None:
    """As when somebody switches a kind of reminder off and on again."""
    now = certificate.not_after - 20 * DAY
    look(now)
    change(enabled=False)
    look(now)
    assert Reminder.objects.get().closed_at is not None
    change(enabled=True)
    look(now + DAY)
    assert steps() == ["30"]
    look(certificate.not_after - 13 * DAY)
    assert steps() == ["30", "14"]
    assert Reminder.objects.count() == 1


def change(
    kind: ReminderKind = ReminderKind.SERVER,
    *,
    enabled: bool = True,
    days: tuple[int, ...] = (60, 30, 14, 7, 3, 1, 0),
    groups: tuple[RecipientGroup, ...] = (),
    after: int | None = None,
    escalation: RecipientGroup | None = None,
) -> None:
    change_reminder_policy(
        kind,
        enabled=enabled,
        days=days,
        groups=groups,
        escalate_after_days=after,
        escalation_group=escalation,
        actor=SYSTEM,
    )


def test_a_server_renewed_by_itself_is_told_only_when_that_failed(
    certificate: Certificate, server: Server
) -> None:
    set_renewal(server, days=30, same_key=False, actor=SYSTEM)
    day_by_day(certificate, 70, 30)
    assert steps() == []
    day_by_day(certificate, 29, 13)
    assert steps() == ["30", "14"]


def test_owners_and_chosen_groups_are_told(certificate: Certificate, server: Server) -> None:
    Server.objects.update(owners=["owner@example.com"])
    network = RecipientGroup.objects.create(name="Network", addresses=["Net@example.com"])
    change(groups=(network,))
    look(certificate.not_after - 20 * DAY)
    told = set(Telling.objects.values_list("address", flat=True))
    assert told == {"owner@example.com", "net@example.com"}


def test_nobody_to_tell_is_no_error_and_the_reminder_stands(certificate: Certificate) -> None:
    look(certificate.not_after - 20 * DAY)
    assert steps() == ["30"]
    assert not Telling.objects.exists()


# --- acknowledging, putting off, escalating -------------------------------------


def test_what_is_acknowledged_is_quiet_until_it_is_urgent(
    certificate: Certificate, actor: Actor
) -> None:
    day_by_day(certificate, 60, 59)
    acknowledge(Reminder.objects.get(), "Boris orders a new one.", actor=actor)
    day_by_day(certificate, 58, 4)
    assert steps() == ["60"]
    day_by_day(certificate, 3, -1)
    assert steps() == ["60", "3", "1", "0"]
    event = AuditEvent.objects.get(event="reminder.acknowledged")
    assert (event.actor, event.detail["reason"]) == ("anna", "Boris orders a new one.")


def test_what_is_put_off_is_told_again_afterwards(certificate: Certificate, actor: Actor) -> None:
    now = certificate.not_after - 50 * DAY
    look(now)
    with time_machine.travel(now, tick=False):
        snooze(Reminder.objects.get(), now + 10 * DAY, "After the move.", actor=actor)
    for day in range(1, 10):
        look(now + day * DAY)
    assert steps() == ["60"]
    look(now + 10 * DAY)
    look(now + 11 * DAY)
    assert [step.partition("-")[0] for step in steps()] == ["60", "woken"]


def test_a_step_passed_while_it_was_put_off_is_told_when_it_wakes(
    certificate: Certificate, actor: Actor
) -> None:
    now = certificate.not_after - 35 * DAY
    look(now)
    with time_machine.travel(now, tick=False):
        snooze(Reminder.objects.get(), now + 10 * DAY, "After the move.", actor=actor)
    look(now + 7 * DAY)
    look(now + 10 * DAY)
    assert steps() == ["60", "30"]


def test_taken_back_it_goes_on_where_it_is(certificate: Certificate, actor: Actor) -> None:
    day_by_day(certificate, 60, 59)
    acknowledge(Reminder.objects.get(), "Mine.", actor=actor)
    day_by_day(certificate, 58, 25)
    take_back(Reminder.objects.get(), actor=actor)
    day_by_day(certificate, 24, 20)
    assert steps() == ["60", "30"]


@pytest.mark.parametrize("days", [0, -1, 91, 400])
def test_it_is_put_off_to_a_day_ahead_and_not_too_far(
    certificate: Certificate, actor: Actor, days: int
) -> None:
    look(certificate.not_after - 50 * DAY)
    reminder = Reminder.objects.get()
    reminder.ends_at = None
    reminder.save()
    with pytest.raises(InvalidInput, match=r"Choose a day after today, and .* at the latest"):
        snooze(reminder, timezone.now() + days * DAY, "Later.", actor=actor)


def test_nothing_is_put_off_beyond_its_end(certificate: Certificate, actor: Actor) -> None:
    now = certificate.not_after - 5 * DAY
    look(now)
    with time_machine.travel(now, tick=False):
        with pytest.raises(InvalidInput, match="at the latest"):
            snooze(Reminder.objects.get(), now + 5 * DAY, "Later.", actor=actor)
        snooze(Reminder.objects.get(), now + 4 * DAY, "Later.", actor=actor)
    with (
        time_machine.travel(certificate.not_after, tick=False),
        pytest.raises(InvalidInput, match="no time left to put it off"),
    ):
        snooze(Reminder.objects.get(), timezone.now() + DAY, "Later.", actor=actor)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_asked_for(certificate: Certificate, actor: Actor, reason: str) -> None:
    look(certificate.not_after - 50 * DAY)
    with pytest.raises(InvalidInput, match="Say in a few words why"):
        acknowledge(Reminder.objects.get(), reason, actor=actor)
    assert Reminder.objects.get().acknowledged_at is None


def test_what_is_settled_cannot_be_acknowledged(certificate: Certificate, actor: Actor) -> None:
    look(certificate.not_after - 50 * DAY)
    change(enabled=False)
    look(certificate.not_after - 50 * DAY)
    with pytest.raises(Conflict, match="settled on"):
        acknowledge(Reminder.objects.get(), "Mine.", actor=actor)


def test_many_are_acknowledged_at_once(certificate: Certificate, actor: Actor) -> None:
    look(certificate.not_after - 50 * DAY)
    keys = [Reminder.objects.get().pk, 10**9]
    assert acknowledge_all(keys, "All mine.", actor=actor) == 1
    assert acknowledge_all(keys, "All mine.", actor=actor) == 0
    assert Reminder.objects.get().acknowledged_by == "anna"


def test_what_nobody_acknowledges_is_told_to_others_once(certificate: Certificate) -> None:
    chiefs = RecipientGroup.objects.create(name="Chiefs", addresses=["chief@example.com"])
    change(after=5, escalation=chiefs)
    day_by_day(certificate, 60, 56)
    assert steps() == ["60"]
    day_by_day(certificate, 55, 50)
    assert steps() == ["60", "escalated"]
    [telling] = Telling.objects.all()
    assert telling.address == "chief@example.com"
    assert telling.notice.urgent
    assert telling.notice.text.startswith("Nobody has acknowledged it: The certificate of cm1")


def test_there_is_no_escalation_of_what_is_acknowledged(
    certificate: Certificate, actor: Actor
) -> None:
    chiefs = RecipientGroup.objects.create(name="Chiefs", addresses=["chief@example.com"])
    change(after=5, escalation=chiefs)
    day_by_day(certificate, 60, 58)
    acknowledge(Reminder.objects.get(), "Mine.", actor=actor)
    day_by_day(certificate, 57, 1)
    assert "escalated" not in steps()


def test_with_three_days_left_nobody_waits_for_an_escalation(certificate: Certificate) -> None:
    chiefs = RecipientGroup.objects.create(name="Chiefs", addresses=["chief@example.com"])
    change(after=30, escalation=chiefs)
    look(certificate.not_after - 3 * DAY)
    assert steps() == ["3", "escalated"]


# --- the other kinds ---------------------------------------------------------------


def test_a_root_is_told_of_a_year_before(certificate: Certificate) -> None:
    root = certificate.authority
    assert root is not None
    for left in range(400, 0, -1):
        look(root.certificate.not_after - left * DAY + timedelta(minutes=1))
    assert steps(ReminderKind.ROOT) == ["365", "180", "90", "30"]


def test_a_renewed_certificate_is_told_to_be_installed_until_a_probe_has_seen_it(
    certificate: Certificate, server: Server, fresh: Callable[[], Server]
) -> None:
    Server.objects.update(
        probe_state=ProbeState.IN_USE, probe_sha256=certificate.sha256, owners=["o@example.com"]
    )
    with time_machine.travel(certificate.not_after - 30 * DAY, tick=False):
        renewed = renew(fresh(), actor=SYSTEM, expected=certificate, key_spec=P256)
        look()
    assert steps(ReminderKind.INSTALLATION) == ["ready"]
    assert Telling.objects.get(notice__step="ready").address == "o@example.com"
    day_by_day(certificate, 29, 6)
    assert steps(ReminderKind.INSTALLATION) == ["ready", "14", "7"]
    Server.objects.update(probe_state=ProbeState.IN_USE, probe_sha256=renewed.sha256)
    look(certificate.not_after - 5 * DAY)
    assert steps(ReminderKind.INSTALLATION) == ["ready", "14", "7", "closed"]


def test_what_nobody_looks_at_is_told_to_be_installed_once(
    certificate: Certificate, server: Server, fresh: Callable[[], Server]
) -> None:
    Server.objects.update(probed=False)
    with time_machine.travel(certificate.not_after - 30 * DAY, tick=False):
        renew(fresh(), actor=SYSTEM, expected=certificate, key_spec=P256)
    day_by_day(certificate, 30, 1)
    # And not as settled after a while: nobody knows whether it was.
    assert steps(ReminderKind.INSTALLATION) == ["ready"]
    assert not Reminder.objects.filter(kind=ReminderKind.INSTALLATION, closed_at=None).exists()


def test_what_nobody_looks_at_is_settled_when_it_is_renewed_again(
    certificate: Certificate, server: Server, fresh: Callable[[], Server]
) -> None:
    Server.objects.update(probed=False)
    with time_machine.travel(certificate.not_after - 30 * DAY, tick=False):
        second = renew(fresh(), actor=SYSTEM, expected=certificate, key_spec=P256)
        look()
        renew(fresh(), actor=SYSTEM, expected=second, key_spec=P256)
        look()
    assert sorted(steps(ReminderKind.INSTALLATION)) == ["closed", "ready", "ready"]


def test_a_server_that_does_not_answer_is_told_of_after_a_day(certificate: Certificate) -> None:
    since = timezone.now()
    Server.objects.update(probe_state=ProbeState.UNREACHABLE, probe_state_since=since)
    look(since + timedelta(hours=23))
    assert steps(ReminderKind.PROBE) == []
    look(since + timedelta(hours=25))
    look(since + timedelta(hours=49))
    assert steps(ReminderKind.PROBE) == ["since"]
    assert "cm1.example.com has not answered since" in Notice.objects.get().text
    Server.objects.update(probe_state=ProbeState.IN_USE, probe_sha256=certificate.sha256)
    look(since + timedelta(hours=50))
    assert steps(ReminderKind.PROBE) == ["since", "closed"]
    Server.objects.update(
        probe_state=ProbeState.OTHER, probe_state_since=since + 5 * DAY, probe_sha256="00"
    )
    look(since + 7 * DAY)
    assert steps(ReminderKind.PROBE) == ["since", "closed", "since"]


def test_an_agent_that_falls_silent_is_told_of_and_settled_when_it_is_back(root: object) -> None:
    now = timezone.now()
    one = Workstation.objects.create(
        agent_id="pc-1", name="pc-1", state=TrustState.TRUSTED, last_seen_at=now
    )
    Workstation.objects.create(
        agent_id="pc-2", name="pc-2", state=TrustState.APPROVED, state_since=now
    )
    Workstation.objects.create(agent_id="pc-3", name="pc-3", state=TrustState.REVOKED)
    look(now + 29 * DAY)
    assert steps(ReminderKind.SILENT) == []
    look(now + 31 * DAY)
    texts = sorted(Notice.objects.values_list("text", flat=True))
    assert texts[0].startswith("pc-1 has not been seen since ")
    assert texts[1].endswith("and has never come with its certificate.")
    Workstation.objects.filter(pk=one.pk).update(last_seen_at=now + 32 * DAY)
    look(now + 33 * DAY)
    assert sorted(steps(ReminderKind.SILENT)) == ["closed", "since", "since"]


def test_workstations_that_wait_for_days_are_told_of(root: object) -> None:
    now = timezone.now()
    Workstation.objects.create(agent_id="pc-1", name="pc-1", registered_at=now)
    look(now + 2 * DAY)
    assert steps(ReminderKind.PENDING) == []
    look(now + 4 * DAY)
    assert steps(ReminderKind.PENDING) == ["since"]


def test_hundreds_of_workstations_take_no_query_each(
    root: object, anna: User, django_assert_max_num_queries: Callable[..., object]
) -> None:
    now = timezone.now()
    Workstation.objects.bulk_create(
        Workstation(agent_id=f"pc-{number}", name=f"pc-{number}", state="trusted", last_seen_at=now)
        for number in range(400)
    )
    default_group()
    with django_assert_max_num_queries(70):
        look(now + 31 * DAY)
    assert Telling.objects.count() == 400


def test_an_old_backup_is_told_of_until_there_is_a_new_one(root: Authority, backup: Backup) -> None:
    backup.delete()
    made = root.created_at
    look(made + 7 * DAY)
    assert steps(ReminderKind.BACKUP) == []
    look(made + 9 * DAY)
    assert "There has never been a backup" in Notice.objects.get().text
    Backup.objects.create(at=made + 9 * DAY, made_by="anna", size=1, rows=1)
    look(made + 10 * DAY)
    look(made + 18 * DAY)
    assert steps(ReminderKind.BACKUP) == ["since", "closed", "since"]


def test_before_there_is_a_root_nothing_has_to_be_saved(backup: Backup) -> None:
    backup.delete()
    look(timezone.now() + 100 * DAY)
    assert not Reminder.objects.exists()


# --- policies ---------------------------------------------------------------------


@pytest.mark.parametrize("days", [(), (-1,), (800,), tuple(range(1, 20))])
def test_days_that_make_no_sense_are_refused(db: None, days: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match="numbers of days from 0 to 730"):
        change(days=days)


def test_a_kind_without_an_end_has_one_number(db: None) -> None:
    with pytest.raises(InvalidInput, match="Enter one number of days"):
        change(ReminderKind.SILENT, days=(30, 60))


def test_an_escalation_needs_days_and_a_group(db: None) -> None:
    group = RecipientGroup.objects.create(name="Chiefs")
    with pytest.raises(InvalidInput, match="needs both"):
        change(after=3)
    with pytest.raises(InvalidInput, match="needs both"):
        change(escalation=group)
    with pytest.raises(InvalidInput, match="1 to 365 days"):
        change(after=0, escalation=group)
