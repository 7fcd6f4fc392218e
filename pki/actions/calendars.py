"""What ends when, as an iCalendar (RFC 5545, with the names of RFC 7986). Two queries."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from icalendar import Calendar, vText
from icalendar.parser import Contentline

from pki.actions.automatic_renewal import next_renewal
from pki.actions.summaries import absolute
from pki.models import Authority, Certificate, Server

#: How often a calendar should ask again.
REFRESH = timedelta(hours=12)


@dataclass(frozen=True)
class Day:
    """Something on one day; ``uid`` stays when the day moves."""

    uid: str
    on: date
    title: str
    url: str
    #: Of the record behind it: the same until that changes.
    stamp: datetime


def days() -> list[Day]:
    return [*of_servers(), *of_roots()]


def of_servers() -> Iterator[Day]:
    rows = Server.objects.filter(certificate__state=Certificate.State.ISSUED)
    rows = rows.select_related("certificate").defer("certificate__der", "certificate__chain")
    for server in rows.order_by("pk"):
        current = server.certificate
        if current is None:
            continue
        url = absolute(server.get_absolute_url())
        yield Day(
            f"server-{server.pk}-end@{settings.HOST}",
            current.not_after.date(),
            f"The certificate of {server} expires",
            url,
            current.created_at,
        )
        renewal = next_renewal(server)
        if renewal is not None:
            yield Day(
                f"server-{server.pk}-renewal@{settings.HOST}",
                renewal.date(),
                f"The certificate of {server} is renewed by itself",
                url,
                current.created_at,
            )


def of_roots() -> Iterator[Day]:
    rows = Authority.objects.filter(retired_at=None, certificate__state=Certificate.State.ISSUED)
    for authority in rows.select_related("certificate").order_by("pk"):
        yield Day(
            f"root-{authority.pk}-end@{settings.HOST}",
            authority.certificate.not_after.date(),
            f"The root {authority} expires",
            absolute(authority.get_absolute_url()),
            authority.certificate.created_at,
        )


def tag(found: list[Day]) -> str:
    """Changes when the calendar does, and costs far less than writing it."""
    text = "\n".join(f"{day.uid} {day.on} {day.title} {day.url}" for day in found)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def written(found: list[Day]) -> bytes:
    end = b"END:VCALENDAR\r\n"
    frame = bytes(head().to_ical())
    return frame.removesuffix(end) + b"".join(map(event, found)) + end


def head() -> Calendar:
    calendar = Calendar()
    name = f"Certificates of {settings.HOST}"
    calendar.add("prodid", "-//CertiFlow Admin//Certificates//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    return calendar


def event(day: Day) -> bytes:
    """Line by line with the library's escaping and folding: its components take a third of a
    millisecond each, seconds for ten thousand servers."""
    lines = (
        "BEGIN:VEVENT",
        f"UID:{text(day.uid)}",
        f"DTSTAMP:{day.stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day.on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day.on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{text(day.title)}",
        f"DESCRIPTION:{text(day.url)}",
        f"URL:{day.url}",
        # Nobody is busy all day because a certificate ends.
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )
    return b"".join(folded(line) + b"\r\n" for line in lines)


def folded(line: str) -> bytes:
    made: Any = Contentline
    return bytes(made(line).to_ical())


def text(plain: str) -> str:
    return vText(plain).to_ical().decode()
