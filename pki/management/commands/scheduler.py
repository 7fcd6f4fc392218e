"""`certiflow scheduler`: orders what is due, every few seconds, until it is stopped."""

import signal
from datetime import UTC, datetime
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler
from django.core.management import BaseCommand
from django.db import close_old_connections

#: Seconds between two looks; “run now” waits so long at most.
EVERY = 5


class Command(BaseCommand):
    help = "Order the jobs that are due, until stopped. “certiflow up” starts it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        scheduler = BlockingScheduler(timezone="UTC")
        scheduler.add_job(
            look,
            "interval",
            seconds=EVERY,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: scheduler.shutdown(wait=False))
        scheduler.start()


def look() -> None:
    """An error here is logged by the scheduler, and the next look is a few seconds later."""
    # Only now: the command's help must not need the tables of the queue.
    from pki.actions import clock
    from pki.actions.key_ring import hand_over_responder_keys
    from pki.jobs import KINDS
    from pki.jobs.orders import run_job

    close_old_connections()
    for name in clock.tick({kind.name: kind.every for kind in KINDS.values()}):
        run_job.enqueue(name)
    # Another node may have changed the ring.
    hand_over_responder_keys()
