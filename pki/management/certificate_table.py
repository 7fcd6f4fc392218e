"""The list of certificates for people: a table at a terminal, plain columns in a pipe."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pki.models import Certificate

#: Rows drawn at a time; the widths do not depend on them, so the pieces fit together.
PIECE = 500
SERIAL_WIDTH = 40
#: From here on a serial number fits on one line, beside a name of usual length.
WIDE = 100
COLOURS = {"valid": "green", "expiring": "yellow", "expired": "red", "revoked": "red"}


def write_table(stdout: OutputWrapper, rows: Iterable[Certificate], now: datetime) -> None:
    """Written as it is read; says so when there is nothing."""
    each = iter(rows)
    first = next(each, None)
    if first is None:
        stdout.write("There are none.")
    elif stdout.isatty():
        draw(first, each, now)
    else:
        stdout.write(plain_line("SERIAL", "STATE", "EXPIRES", "DAYS", "NAMES"))
        stdout.write(plain_row(first, now))
        for row in each:
            stdout.write(plain_row(row, now))


def plain_row(row: Certificate, now: datetime) -> str:
    return plain_line(*cells(row, now))


def plain_line(serial: str, state: str, expires: str, days: str, names: str) -> str:
    """Columns for awk: only the last one has spaces in it."""
    return f"{serial:<{SERIAL_WIDTH}}  {state:<9}  {expires:<10}  {days:>5}  {names}"


def cells(row: Certificate, now: datetime) -> tuple[str, str, str, str, str]:
    return (
        row.serial_number,
        row.condition(now),
        f"{row.not_after:%Y-%m-%d}",
        str(row.time_left(now).days),
        ", ".join(row.names) or row.common_name or row.subject,
    )


def draw(first: Certificate, each: Iterator[Certificate], now: datetime) -> None:
    console = Console()
    piece = [first, *islice(each, PIECE - 1)]
    heading = True
    while piece:
        table = empty_table(heading=heading, wide=console.width >= WIDE)
        for row in piece:
            serial, state, expires, days, names = cells(row, now)
            table.add_row(serial, Text(state, COLOURS.get(state, "")), expires, days, Text(names))
        console.print(table)
        piece = list(islice(each, PIECE))
        heading = False


def empty_table(*, heading: bool, wide: bool) -> Table:
    table = Table(box=None, expand=True, show_header=heading, padding=(0, 2, 0, 0))
    if wide:
        table.add_column("Serial number", width=SERIAL_WIDTH, no_wrap=True)
    else:
        table.add_column("Serial number", ratio=4, overflow="fold")
    table.add_column("State", width=9)
    table.add_column("Expires", width=10)
    table.add_column("Days", width=5, justify="right")
    table.add_column("Names", ratio=5, overflow="fold")
    return table
