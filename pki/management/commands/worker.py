"""`certiflow worker`: runs the jobs that were ordered, until it is stopped."""

import logging
import time
from typing import Any

from django.core.management import BaseCommand
from django.db import InterfaceError, OperationalError, connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

logger = logging.getLogger("certiflow.worker")
#: Seconds until the database is tried again.
PATIENCE = 5


class Command(BaseCommand):
    help = "Run the jobs that the scheduler orders, until stopped. “certiflow up” starts it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        worker = Worker(
            queue_names=["default"],
            interval=1,
            batch=False,
            backend_name="default",
            startup_delay=True,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        worker.configure_signals()
        while worker.running:
            try:
                worker.run()
            except (OperationalError, InterfaceError) as error:
                # A database that restarts must not take the sites beside it down.
                logger.warning("The database does not answer; trying again: %s", error)
                connections.close_all()
                time.sleep(PATIENCE)
