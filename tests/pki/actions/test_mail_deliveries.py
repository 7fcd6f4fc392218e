"""Mail on its way to a real mail server, as Python's own reader of mail sees it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine

from pki.actions.actor import Actor
from pki.actions.deliveries import (
    PAUSES,
    Delivered,
    claim,
    deliver,
    failed_deliveries,
    finish,
    retry,
)
from pki.actions.delivery_queue import queue
from pki.messaging.outcome import Outcome
from pki.models import Delivery, DeliveryState, Notice, Telling
from tests.mail_server import MailServer, mail_server
from tests.pki.actions.evidence import audited, refused
from tests.pki.told import ADDRESS, notice, told
from tests.running_product import free_port

MORNING = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def night() -> Iterator[None]:
    """Everything is made in the night before that morning, whenever the tests run."""
    with time_machine.travel(MORNING - timedelta(hours=6)):
        yield


@pytest.fixture
def smtp(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = free_port()
    settings.EMAIL_TIMEOUT = 5
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""


@pytest.fixture
def server(smtp: None, settings: Any) -> Iterator[MailServer]:
    with mail_server(settings.EMAIL_PORT) as running:
        yield running


def run(at: datetime) -> Delivered:
    """One run of the job, at that moment."""
    with time_machine.travel(at, tick=False):
        queue(at)
        return deliver(at)


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_the_days_digest_is_one_mail_with_text_and_html(server: MailServer, settings: Any) -> None:
    told(
        notice("cm1.example.com", days=40, url="/servers/7/"),
        notice("pc-7", kind="pending", days=None, step="since", text="pc-7 waits for approval."),
    )
    assert run(MORNING) == Delivered(sent=1, later=0, failed=0)
    [mail] = server.mails
    assert server.recipients == [ADDRESS]
    assert mail["Subject"].startswith("pc-7 waits for approval (and 1 more)")
    for said in (plain(mail), html(mail)):
        assert "The certificate of cm1.example.com expires in 40 days." in said
        assert f"{settings.DASHBOARD_URL}/servers/7/" in said
        assert f"{settings.DASHBOARD_URL}/reminders/" in said
        assert f"{settings.DASHBOARD_URL}/settings/recipients/" in said
        assert "You get this because" in said
    assert "PENDING" not in plain(mail)
    assert "WORKSTATIONS WAITING FOR APPROVAL" in plain(mail)


def test_its_headers_say_that_a_machine_wrote_it(server: MailServer, settings: Any) -> None:
    told(notice())
    run(MORNING)
    [mail] = server.mails
    row = Delivery.objects.get()
    assert mail["Message-ID"] == f"<{row.pk}@{settings.HOST}>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == settings.DEFAULT_FROM_EMAIL
    assert mail["To"] == ADDRESS
    assert mail["Date"].datetime.replace(tzinfo=UTC) == MORNING


def test_the_html_fetches_nothing_and_escapes_names(server: MailServer) -> None:
    told(notice("<b>cm1</b>", text="<script>alert(1)</script> & more"))
    run(MORNING)
    [mail] = server.mails
    said = html(mail)
    assert "<script>" not in said
    assert "<b>cm1" not in said
    assert "<script>alert(1)</script> & more" in plain(mail)
    for fetching in ("<img", "src=", "@import", "<link", "url("):
        assert fetching not in said


def test_fifty_certificates_are_one_mail_with_a_number(server: MailServer) -> None:
    told(*(notice(f"cm{n:02}.example.com", urgent=True, days=3, step="3") for n in range(50)))
    assert run(MORNING - timedelta(hours=4)) == Delivered(1, 0, 0)
    [mail] = server.mails
    assert mail["Subject"] == (
        "50 server certificates expire within 3 days: cm00.example.com, cm01.example.com and 48 "
        "more"
    )
    assert "and 45 more" in plain(mail)
    assert "cm20.example.com" not in plain(mail)
    assert len(plain(mail).splitlines()) < 30


def test_what_is_urgent_comes_at_once_and_not_again_in_the_morning(server: MailServer) -> None:
    told(notice("now.example.com", urgent=True), notice("later.example.com"))
    run(MORNING - timedelta(hours=4))
    assert [("now." in plain(mail), "later." in plain(mail)) for mail in server.mails] == [
        (True, False)
    ]
    run(MORNING)
    assert ("now." in plain(server.mails[1]), "later." in plain(server.mails[1])) == (False, True)
    for minutes in range(1, 60, 7):
        assert run(MORNING + timedelta(minutes=minutes)) == Delivered(0, 0, 0)


def test_what_was_settled_since_stands_at_the_end(server: MailServer) -> None:
    first = notice("cm1.example.com")
    closed = Notice.objects.create(
        reminder=first.reminder, step="closed", text="The certificate of cm1 was renewed."
    )
    told(closed, notice("cm2.example.com"))
    run(MORNING)
    said = plain(server.mails[0])
    assert said.index("cm2.example.com") < said.index("SETTLED SINCE") < said.index("cm1 was")


def test_several_mails_go_over_one_connection(server: MailServer) -> None:
    for number in range(20):
        told(notice(f"cm{number}.example.com"), to=f"p{number}@example.com")
    assert run(MORNING) == Delivered(20, 0, 0)
    assert (len(server.mails), server.connections) == (20, 1)


def test_while_the_server_is_down_nothing_is_lost_and_then_it_arrives(
    smtp: None, settings: Any
) -> None:
    told(notice())
    assert run(MORNING) == Delivered(sent=0, later=1, failed=0)
    row = Delivery.objects.get()
    assert row.next_attempt_at == MORNING + timedelta(minutes=1)
    assert "The mail server was not reached: Connection refused." in row.log[0]["outcome"]
    assert run(MORNING + timedelta(seconds=30)) == Delivered(0, 0, 0)
    assert run(MORNING + timedelta(minutes=1)) == Delivered(0, 1, 0)
    with mail_server(settings.EMAIL_PORT) as server:
        assert run(MORNING + timedelta(minutes=6)) == Delivered(1, 0, 0)
    row.refresh_from_db()
    assert (row.state, len(row.log)) == (DeliveryState.SENT, 3)
    assert row.sent_at == MORNING + timedelta(minutes=6)
    assert "2.0.0 queued as 000001" in row.log[2]["outcome"]
    assert server.mails[0]["Message-ID"].startswith(f"<{row.pk}@")


def test_after_about_three_days_it_is_given_up_and_told(smtp: None) -> None:
    told(notice())
    at, tries = MORNING, 0
    while Delivery.objects.filter(state=DeliveryState.FAILED).count() == 0:
        run(at)
        tries += 1
        at = Delivery.objects.get().next_attempt_at
        assert tries < 20
    row = Delivery.objects.get()
    taken = row.next_attempt_at - MORNING
    assert timedelta(days=3) <= taken <= timedelta(days=4)
    assert tries == len(PAUSES) + 1 == len(row.log)
    assert failed_deliveries(at) == 1
    assert run(at + timedelta(days=1)) == Delivered(0, 0, 0)


def test_a_person_can_have_it_tried_again_from_the_beginning(
    smtp: None, settings: Any, actor: Actor
) -> None:
    told(notice())
    run(MORNING)
    Delivery.objects.update(state=DeliveryState.FAILED, attempts=9)
    row = Delivery.objects.get()
    with audited("delivery.retried"), time_machine.travel(MORNING + timedelta(days=4)):
        retry(row, actor=actor)
    assert run(MORNING + timedelta(days=4, minutes=1)) == Delivered(0, 1, 0)
    with mail_server(settings.EMAIL_PORT):
        assert run(MORNING + timedelta(days=4, minutes=2)) == Delivered(1, 0, 0)
    row.refresh_from_db()
    with refused("delivery.sent"):
        retry(row, actor=actor)


def test_one_address_that_is_refused_stops_no_other(server: MailServer) -> None:
    server.refused.add("gone@example.com")
    for address in ("anna@example.com", "gone@example.com", "zoe@example.com"):
        told(notice(f"cm-{address[:4]}.example.com"), to=address)
    assert run(MORNING) == Delivered(sent=2, later=1, failed=0)
    assert sorted(server.recipients) == ["anna@example.com", "zoe@example.com"]
    row = Delivery.objects.get(address="gone@example.com")
    assert row.log[0]["outcome"] == (
        "The mail server refuses the address: 550 5.1.1 gone@example.com is not known here"
    )
    assert server.connections == 1


def test_a_run_ends_in_time_and_the_next_one_goes_on(server: MailServer) -> None:
    for number in range(5):
        told(notice(f"cm{number}.example.com"), to=f"p{number}@example.com")
    with time_machine.travel(MORNING, tick=False):
        queue(MORNING)
    assert deliver(MORNING, seconds=0) == Delivered(0, 0, 0)
    assert run(MORNING) == Delivered(5, 0, 0)


def test_a_process_that_died_while_sending_leaves_it_to_the_next(server: MailServer) -> None:
    """Killed after the server took it: the one case in which it comes twice, as the same one."""
    told(notice())
    with time_machine.travel(MORNING, tick=False):
        queue(MORNING)
        row = Delivery.objects.get()
        assert claim(row.pk) is not None
    assert run(MORNING + timedelta(minutes=4)) == Delivered(0, 0, 0)
    assert run(MORNING + timedelta(minutes=6)) == Delivered(1, 0, 0)
    row.refresh_from_db()
    assert "is not known" in row.log[0]["outcome"]
    assert server.mails[0]["Message-ID"].startswith(f"<{row.pk}@")


def test_a_message_is_claimed_by_one_only(server: MailServer) -> None:
    told(notice())
    with time_machine.travel(MORNING, tick=False):
        queue(MORNING)
        row = Delivery.objects.get()
        assert claim(row.pk) is not None
        assert claim(row.pk) is None


@pytest.mark.parametrize("late_arrived", [True, False])
def test_who_comes_back_after_the_lease_does_not_undo_what_another_did(
    server: MailServer, late_arrived: bool
) -> None:
    told(notice())
    with time_machine.travel(MORNING, tick=False):
        queue(MORNING)
        late = claim(Delivery.objects.get().pk)
    assert late is not None
    with time_machine.travel(MORNING + timedelta(minutes=6), tick=False):
        other = claim(late.pk)
        assert other is not None
        state = finish(late, Outcome(late_arrived, "late"), 1)
        assert state == (DeliveryState.SENT if late_arrived else DeliveryState.SENDING)
        assert finish(other, Outcome(True, "in time"), 1) == DeliveryState.SENT
    assert [each["outcome"] for each in Delivery.objects.get().log][1:] == ["late", "in time"]


def test_what_went_with_its_server_is_not_told_any_more(server: MailServer) -> None:
    told(notice())
    with time_machine.travel(MORNING, tick=False):
        queue(MORNING)
    Telling.objects.all().delete()
    assert run(MORNING) == Delivered(0, 0, 0)
    assert (server.mails, Delivery.objects.count()) == ([], 0)


def test_a_fault_in_one_message_stops_no_other(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told(notice("a.example.com"), to="a@example.com")
    told(notice("b.example.com"), to="b@example.com")
    from pki.actions import deliveries

    written = deliveries.reminders_mail

    def faulty(row: Delivery, *rest: Any) -> Any:
        if row.address == "a@example.com":
            raise ZeroDivisionError
        return written(row, *rest)

    monkeypatch.setattr(deliveries, "reminders_mail", faulty)
    assert run(MORNING) == Delivered(sent=1, later=1, failed=0)
    assert server.recipients == ["b@example.com"]
    assert "ZeroDivisionError" in caplog.text


def test_without_a_mail_server_it_is_said_that_mail_is_printed(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    told(notice())
    run(MORNING)
    assert "Printed and not sent" in Delivery.objects.get().log[0]["outcome"]
    assert "cm1.example.com" in capsys.readouterr().out
