"""`certiflow up`: start the product in the foreground."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from certiflow_admin.up import up


class Command(BaseCommand):
    help = "Prepare the installation and run the product until Ctrl-C."
    # Checks that ask the database would fail before the first migration.
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        sys.exit(up(sys.stdout))
