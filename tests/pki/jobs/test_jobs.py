"""What each job does, and that it does nothing the second time."""

from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from pki.actions import bulk_changes, revocation_lists
from pki.actions.actor import SYSTEM, Actor
from pki.actions.authorities import create_authority
from pki.actions.reminding import remind
from pki.actions.revocation import revoke
from pki.actions.rollover.stages import begin_reissuing, finish
from pki.actions.rollover.starting import start_rollover
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.jobs import KINDS
from pki.models import (
    AuditEvent,
    Authority,
    BulkChange,
    Certificate,
    Delivery,
    Job,
    JobRun,
    Reminder,
    RevocationList,
)
from pki.x509.keys import KeySpec
from tests.pki.conftest import Agent
from tests.pki.told import ADDRESS, notice, told

ANNA = Actor(name="anna", door="dashboard")


def test_lists_and_responders_are_renewed_ahead_of_time(authority: Authority) -> None:
    work = KINDS["publication"].work
    assert "list 1 with 0 entries" in work()
    assert "list 1 with 0 entries" in work()
    for days in (4, 8, 12, 16, 20):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            work()
            current = RevocationList.objects.get()
            assert current.next_update is not None
            assert current.next_update > timezone.now()
    assert Certificate.objects.filter(profile="ocsp-responder").count() == 2


def test_a_retired_root_is_published_until_it_ends(authority: Authority) -> None:
    work = KINDS["publication"].work
    end = authority.certificate.not_after
    with time_machine.travel(end - timedelta(days=30)):
        rollover = start_rollover(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
        finish(begin_reissuing(rollover, actor=SYSTEM), actor=SYSTEM)
        said = work()
    assert "CM Agent CA: list 1" in said
    assert "CM Agent CA G2: list 1" in said
    with time_machine.travel(end + timedelta(days=1)):
        assert work().startswith("CM Agent CA G2: list")


def test_before_there_is_a_root_there_is_nothing_to_publish(db: None) -> None:
    assert KINDS["publication"].work() == "There is no root yet"


def test_a_change_whose_page_was_closed_is_carried_out_in_its_owners_name(
    open_registration: None,
) -> None:
    keys = [Agent(f"pc-{number}").register().workstation.pk for number in range(3)]
    change = bulk_changes.prepare("approve", keys, actor=ANNA)
    bulk_changes.start(change, {"reason": "new"}, actor=ANNA)
    work = KINDS["bulk-changes"].work
    # Somebody may be watching.
    assert work() == "Nothing was left"
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert work() == "1 taken up, 1 finished"
        assert work() == "Nothing was left"
    events = AuditEvent.objects.filter(event="workstation.approved")
    assert {(event.actor, event.door) for event in events} == {("anna", "system")}


def test_previews_nobody_started_are_removed(open_registration: None) -> None:
    key = Agent("pc-1").register().workstation.pk
    bulk_changes.prepare("approve", [key], actor=SYSTEM)
    started = bulk_changes.prepare("approve", [key], actor=SYSTEM)
    bulk_changes.start(started, {}, actor=SYSTEM)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert "1 previews, " in KINDS["tidying"].work()
    assert list(BulkChange.objects.all()) == [started]


def test_what_was_told_is_kept_for_years_and_then_removed(issued: Certificate) -> None:
    remind(issued.not_after - timedelta(days=20), actor=SYSTEM)
    Reminder.objects.exclude(kind="server").delete()
    Reminder.objects.update(closed_at=timezone.now())
    for state in ("sent", "queued"):
        Delivery.objects.create(key=state, sort="digest", address="a@example.com", state=state)
    with time_machine.travel(timezone.now() + timedelta(days=890)):
        assert "0 messages, 0 reminders removed" in KINDS["tidying"].work()
    with time_machine.travel(timezone.now() + timedelta(days=910)):
        assert "1 messages, 1 reminders removed" in KINDS["tidying"].work()
    # What was never sent is not forgotten.
    assert [row.key for row in Delivery.objects.all()] == ["queued"]


def test_messages_are_made_and_sent_and_then_there_is_nothing_more(
    db: None, mailoutbox: list[EmailMessage]
) -> None:
    told(*(notice(f"cm{number}.example.com", urgent=True) for number in range(50)))
    work = KINDS["deliveries"].work
    assert work() == "1 made, 1 sent"
    assert work() == "Nothing"
    assert [mail.to for mail in mailoutbox] == [[ADDRESS]]


def due() -> bool:
    """Whether the publication runs at the next tick; from now on it is due in half an hour."""
    now = timezone.now()
    found = Job.objects.filter(name="publication", next_run_at__lte=now).exists()
    Job.objects.update_or_create(
        name="publication", defaults={"next_run_at": now + timedelta(minutes=30)}
    )
    return found


def test_the_publication_is_due_as_soon_as_there_is_something_to_publish(
    db: None,
) -> None:
    due()
    create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    assert due()
    server = add_server("cm1.example.com", actor=SYSTEM)
    issued = issue_for_server(server, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    assert not due()
    revoke(issued, "superseded", actor=SYSTEM)
    assert due()
    start_rollover(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    assert due()


def test_a_long_list_that_rests_is_signed_when_it_may_be(
    issued: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation_lists, "REST_BY_ENTRY", timedelta(seconds=100))
    revoke(issued, "superseded", actor=SYSTEM)
    KINDS["publication"].work()
    server = add_server("cm2.example.com", actor=SYSTEM)
    other = issue_for_server(server, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    revoke(other, "superseded", actor=SYSTEM)
    due()
    assert "list 1 with 1 entries" in KINDS["publication"].work()
    wanted = Job.objects.get(name="publication").next_run_at
    assert timedelta(seconds=90) < wanted - timezone.now() < timedelta(seconds=101)


def test_maintain_runs_them_all_and_says_what_each_did(
    authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("maintain")
    said = capsys.readouterr().out
    assert "Revocation lists and OCSP: CM Agent CA: list 1" in said
    assert JobRun.objects.filter(outcome="done").count() == len(KINDS)


def test_maintain_goes_on_after_a_failure_and_says_so(
    authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    authority.private_key.sealed = b"damaged"
    authority.private_key.save()
    with pytest.raises(CommandError, match="Revocation lists and OCSP"):
        call_command("maintain")
    assert "Tidying up: " in capsys.readouterr().out
