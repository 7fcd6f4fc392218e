"""A program beside the product: runs its jobs and its people's work when told so.

A line of JSON on standard input is an order, `{"do": NAME, ...}`, and is answered by a line
of JSON. Starting a process for each day would take longer than the day's work.
"""

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

import django
from django.db import close_old_connections

from simulation.plan import WORLDS, plan


def main() -> int:
    django.setup()
    from simulation import books, office
    from simulation.parts import PARTS
    from simulation.parts.part import Today

    planned = plan(WORLDS[sys.argv[1]])
    parts = [part(planned) for part in PARTS]

    def furnish(receiver: str) -> dict[str, str]:
        office.furnish(planned)
        told: dict[str, str] = {}
        for part in parts:
            told |= part.begin(receiver)
        return told

    def day(first: int, last: int, post: list[dict[str, str]]) -> dict[str, int]:
        counted: dict[str, int] = {}
        today = Today(range(first, last + 1), post)
        for part in parts:
            counted |= part.day(today)
        return counted

    orders: dict[str, Callable[..., Any]] = {
        "furnish": furnish,
        "jobs": office.run_jobs,
        "publish": office.publish,
        "day": day,
        "token": office.token,
        "listen": office.listen,
        "read": books.read,
        "files": books.files,
        "report": lambda: {part.name: part.report() for part in parts},
    }
    for line in sys.stdin:
        order = json.loads(line)
        close_old_connections()
        try:
            answer = orders[order.pop("do")](**order)
        except Exception:
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
