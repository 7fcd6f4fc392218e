"""`certiflow up`: everything on one machine, in the foreground."""

import sys
from typing import Any

from pki.management.command import ActionCommand


class Command(ActionCommand):
    help = "Prepare the installation and run the product until Ctrl-C."

    def handle(self, *_args: Any, **_options: Any) -> None:
        from certiflow_admin.up import up

        sys.exit(up(sys.stdout))
