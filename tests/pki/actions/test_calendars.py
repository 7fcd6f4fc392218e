"""The calendar of what expires, as the icalendar library and RFC 5545 read it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from icalendar import Calendar
from icalendar.cal import Component

from pki.actions.accounts import add_user, change_user
from pki.actions.actor import Actor
from pki.actions.automatic_renewal import set_renewal
from pki.actions.calendar_feeds import is_known, make_feed
from pki.actions.calendars import days, tag, written
from pki.actions.revocation import revoke
from pki.actions.server_certificates import renew
from pki.actions.servers import add_server
from pki.models import Authority, CalendarFeed, Certificate, Role, Server, User
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited

PASSWORD = "correct horse battery"


def events() -> dict[str, Component]:
    calendar = Calendar.from_ical(written(days()))
    return {str(each["summary"]): each for each in calendar.walk("VEVENT")}


def day_of(event: Component) -> date:
    found = event["dtstart"].dt
    assert isinstance(found, date)
    assert not isinstance(found, datetime), "An event of a whole day."
    assert event["dtend"].dt == found + timedelta(days=1)
    return found


@pytest.fixture
def olga(actor: Actor) -> User:
    return add_user("olga", PASSWORD, Role.VIEWER, actor=actor)


def test_ends_of_certificates_and_roots_and_planned_renewals_are_in_it(
    certificate: Certificate, root: Authority, server: Server, actor: Actor, settings: Any
) -> None:
    set_renewal(server, days=30, same_key=False, actor=actor)
    found = events()
    assert set(found) == {
        "The certificate of cm1.example.com expires",
        "The certificate of cm1.example.com is renewed by itself",
        "The root CM Agent CA expires",
    }
    end = found["The certificate of cm1.example.com expires"]
    renewal = found["The certificate of cm1.example.com is renewed by itself"]
    assert day_of(end) == certificate.not_after.date()
    assert day_of(end) - day_of(renewal) == timedelta(days=30)
    assert day_of(found["The root CM Agent CA expires"]) == root.certificate.not_after.date()
    assert end["url"] == f"{settings.DASHBOARD_URL}/servers/{server.pk}/"


def test_an_event_moves_when_the_certificate_is_renewed(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    name = "The certificate of cm1.example.com expires"
    before, mark = events()[name], tag(days())
    with time_machine.travel(datetime.now(UTC) + timedelta(days=100)):
        renew(server, actor=actor, expected=certificate, key_spec=P256)
    after = events()[name]
    assert before["uid"] == after["uid"]
    assert day_of(after) > day_of(before)
    assert tag(days()) != mark


def test_nothing_changes_while_nothing_happens(certificate: Certificate) -> None:
    first = written(days())
    with time_machine.travel(datetime.now(UTC) + timedelta(days=10)):
        assert written(days()) == first


def test_a_revoked_certificate_no_longer_ends(certificate: Certificate, actor: Actor) -> None:
    revoke(certificate, "superseded", actor=actor)
    assert set(events()) == {"The root CM Agent CA expires"}


def test_it_keeps_to_the_form_of_rfc_5545(
    certificate: Certificate, root: Authority, actor: Actor
) -> None:
    """Lines end in CRLF and have 75 octets at most; text is escaped."""
    Authority.objects.update(common_name="Рут, " * 10 + "; \\ \n end")
    text = written(days())
    assert text.endswith(b"END:VCALENDAR\r\n")
    lines = text.split(b"\r\n")
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    calendar = Calendar.from_ical(text)
    assert (calendar["version"], calendar["method"]) == ("2.0", "PUBLISH")
    assert calendar["x-wr-calname"].startswith("Certificates of ")
    for event in calendar.walk("VEVENT"):
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= set(event)
    uids = [event["uid"] for event in calendar.walk("VEVENT")]
    assert len(set(uids)) == len(uids)
    titles = [str(event["summary"]) for event in calendar.walk("VEVENT")]
    assert any(title.endswith("; \\ \n end expires") for title in titles)


def test_ten_thousand_servers_take_two_queries(
    root: Authority, django_assert_max_num_queries: Any
) -> None:
    now = datetime.now(UTC)
    certificates = Certificate.objects.bulk_create(
        Certificate(
            serial_number=f"{number:x}", common_name=f"s{number}", profile="server", state="issued",
            sha256=f"{number:064x}", not_before=now, not_after=now + timedelta(days=90),
        )
        for number in range(1, 10_001)
    )  # fmt: skip
    Server.objects.bulk_create(
        Server(fqdn=f"s{number}.example.com", certificate=row, renew_days_ahead=30)
        for number, row in enumerate(certificates)
    )
    with django_assert_max_num_queries(2):
        text = written(days())
    assert text.count(b"BEGIN:VEVENT") == 20_001


def test_an_address_is_known_until_another_is_made(olga: User, actor: Actor) -> None:
    with audited("calendar.made") as trail:
        first = make_feed(olga, actor=actor)
    assert is_known(first)
    second = make_feed(olga, actor=actor)
    assert (is_known(first), is_known(second), is_known("")) == (False, True, False)
    assert first not in CalendarFeed.objects.get().sha256
    assert first not in str(trail[0].detail)


def test_it_ends_with_the_account(olga: User, actor: Actor) -> None:
    token = make_feed(olga, actor=actor)
    change_user(olga, actor=actor, role=Role.VIEWER, is_active=False)
    assert not is_known(token)


def test_a_wildcard_and_other_servers_without_a_certificate_are_left_out(
    root: Authority, actor: Actor
) -> None:
    add_server("*.example.com", actor=actor)
    assert set(events()) == {"The root CM Agent CA expires"}
