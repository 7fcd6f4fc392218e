"""`certiflow up`: everything on one machine, in the foreground."""

import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Start the dashboard on this machine; Ctrl-C stops it."
    # The checks need the data directory and the database, which this command makes.
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        from certiflow_admin.up import up

        sys.exit(up(sys.stdout))
