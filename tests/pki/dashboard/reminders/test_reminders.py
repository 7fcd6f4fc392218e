"""The pages of reminders: reading, acknowledging, putting off; and when and to whom."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.reminding import remind
from pki.models import (
    AuditEvent,
    Backup,
    Certificate,
    DigestTime,
    RecipientGroup,
    Reminder,
    ReminderPolicy,
    TrustState,
    Workstation,
)
from tests.pki.conftest import Signed

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("authority")


@pytest.fixture
def reminder(issued: Certificate) -> Reminder:
    """The server's certificate, 20 days before its end."""
    Backup.objects.create(at=issued.not_after, made_by="anna", size=1, rows=1)
    remind(issued.not_after - 20 * DAY, actor=SYSTEM)
    return Reminder.objects.get(kind="server")


def test_the_list_names_what_there_is_and_everybody_reads_it(
    as_viewer: Signed, reminder: Reminder
) -> None:
    page = as_viewer.get("/reminders/").content.decode()
    assert "cm1.example.com" in page
    assert "30 days before" in page
    assert "Acknowledge all" not in page
    detail = as_viewer.get(f"/reminders/{reminder.pk}/").content.decode()
    assert "The certificate of cm1.example.com expires in 20 days" in detail
    assert "Told to nobody: no recipient has an address." in detail
    assert "Put off" not in detail


def test_a_viewer_acknowledges_nothing(as_viewer: Signed, reminder: Reminder) -> None:
    for verb in ("acknowledge", "snooze", "take-back"):
        answer = as_viewer.post(f"/reminders/{reminder.pk}/{verb}/", {"reason": "x"})
        assert answer.status_code == 403
    assert as_viewer.post("/reminders/acknowledge/", {"reason": "x"}).status_code == 403
    assert Reminder.objects.get().acknowledged_at is None


def test_an_operator_acknowledges_and_takes_it_back(
    as_operator: Signed, reminder: Reminder
) -> None:
    here = f"/reminders/{reminder.pk}/"
    answer = as_operator.post(f"{here}acknowledge/", {"reason": "On Thursday."}, follow=True)
    page = answer.content.decode()
    assert "You see to cm1.example.com" in page
    assert "by operator: On Thursday." in page
    assert "Acknowledged" in as_operator.get("/reminders/").content.decode()
    as_operator.post(f"{here}take-back/")
    assert Reminder.objects.get().condition(timezone.now()) == "open"
    told = list(
        AuditEvent.objects.filter(event__startswith="reminder.").values_list("event", flat=True)
    )
    assert told[:2] == ["reminder.taken_back", "reminder.acknowledged"]


def test_putting_off_names_the_limit_and_keeps_what_was_written(
    as_operator: Signed, reminder: Reminder, issued: Certificate
) -> None:
    with time_machine.travel(issued.not_after - 20 * DAY, tick=False):
        client = Signed(as_operator.user)
        too_late = (issued.not_after + DAY).date().isoformat()
        answer = client.post(
            f"/reminders/{reminder.pk}/snooze/", {"until": too_late, "reason": "Later."}
        )
        page = answer.content.decode()
        assert "at the latest." in page
        assert "Later." in page
        week = (timezone.now() + 7 * DAY).date().isoformat()
        client.post(f"/reminders/{reminder.pk}/snooze/", {"until": week, "reason": "Later."})
        assert Reminder.objects.get().condition(timezone.now()) == "snoozed"


def test_all_that_match_are_acknowledged_and_nothing_else(
    as_operator: Signed, reminder: Reminder
) -> None:
    now = timezone.now()
    for name in ("pc-1", "pc-2"):
        Workstation.objects.create(
            agent_id=name, name=name, state=TrustState.TRUSTED, last_seen_at=now - 40 * DAY
        )
    remind(now, actor=SYSTEM)
    answer = as_operator.post(
        "/reminders/acknowledge/",
        {"query": "kind=silent&q=pc-1", "reason": "On leave."},
        follow=True,
    )
    assert "1 acknowledged." in answer.content.decode()
    assert Reminder.objects.get(acknowledged_by="operator").label == "pc-1"
    refused = as_operator.post("/reminders/acknowledge/", {"query": "kind=nonsense", "reason": "x"})
    assert refused.status_code == 400
    assert Reminder.objects.filter(acknowledged_by="operator").count() == 1


def test_settled_ones_are_shown_when_asked_for(as_operator: Signed, reminder: Reminder) -> None:
    Reminder.objects.update(closed_at=timezone.now())
    assert "cm1.example.com" not in as_operator.get("/reminders/").content.decode()
    settled = as_operator.get("/reminders/?state=closed").content.decode()
    assert "cm1.example.com" in settled
    detail = as_operator.get(f"/reminders/{reminder.pk}/").content.decode()
    assert "Acknowledge" not in detail


def test_a_long_list_takes_as_many_queries_as_a_short_one(
    as_operator: Signed, reminder: Reminder
) -> None:
    as_operator.get("/reminders/")
    with CaptureQueriesContext(connection) as short:
        as_operator.get("/reminders/")
    Reminder.objects.bulk_create(
        Reminder(kind="silent", key=f"workstation:{n}", label=f"pc-{n}", url="/") for n in range(60)
    )
    with CaptureQueriesContext(connection) as long:
        as_operator.get("/reminders/")
    assert len(long) == len(short)


# --- when and to whom ----------------------------------------------------------------


def test_only_administrators_say_when_and_to_whom(as_operator: Signed) -> None:
    assert as_operator.get("/settings/reminders/").status_code == 403
    assert as_operator.get("/settings/reminders/server/").status_code == 403


def test_the_policies_are_shown_in_words_and_changed(confirmed: Signed) -> None:
    page = confirmed.get("/settings/reminders/").content.decode()
    assert "60, 30, 14, 7, 3, 1 days before and at the end" in page
    assert "after 30 days" in page
    group = RecipientGroup.objects.create(name="Network")
    answer = confirmed.post(
        "/settings/reminders/server/",
        {
            "enabled": "on",
            "days": "90, 45 7",
            "groups": [group.pk],
            "escalate_after_days": "5",
            "escalation_group": group.pk,
        },
        follow=True,
    )
    page = answer.content.decode()
    assert "90, 45, 7 days before" in page
    assert "Network after 5 days" in page
    stored = ReminderPolicy.objects.get()
    assert (stored.days, [str(each) for each in stored.groups.all()]) == ([90, 45, 7], ["Network"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"days": "soon"}, "is no number of days"),
        ({"days": "99999"}, "is no number of days"),
        ({"days": ""}, "numbers of days from 0 to 730"),
        ({"days": "30", "escalate_after_days": "5"}, "An escalation needs both"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    confirmed: Signed, given: dict[str, str], sentence: str
) -> None:
    answer = confirmed.post("/settings/reminders/server/", {"enabled": "on", **given})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not ReminderPolicy.objects.exists()


def test_the_time_of_the_digest_is_checked_and_saved(confirmed: Signed) -> None:
    wrong = confirmed.post("/settings/reminders/", {"hour": "25", "zone": "UTC"})
    assert "Enter an hour from 0 to 23." in wrong.content.decode()
    wrong = confirmed.post("/settings/reminders/", {"hour": "6", "zone": "Mars/Base"})
    assert "is no time zone" in wrong.content.decode()
    confirmed.post("/settings/reminders/", {"hour": "6", "zone": "Europe/Berlin"})
    assert str(DigestTime.objects.get()) == "6:00 Europe/Berlin"


def test_a_kind_there_is_not_is_not_found(confirmed: Signed) -> None:
    assert confirmed.get("/settings/reminders/nonsense/").status_code == 404
