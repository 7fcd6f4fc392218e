"""`certiflow maintain`: one round of all jobs, for those who have cron instead of a scheduler."""

from typing import Any

from django.core.management.base import CommandError

from pki.actions import clock
from pki.jobs import KINDS
from pki.management.command import ActionCommand


class Command(ActionCommand):
    help = "Run every job once, one after the other; 1 if any of them failed."

    def handle(self, *_args: Any, **_options: Any) -> None:
        clock.tick({})
        failed = []
        for kind in KINDS.values():
            try:
                done = clock.run(kind.name, kind.work)
            except Exception as error:
                failed.append(kind.label)
                self.stdout.write(f"{kind.label}: failed: {error}")
                continue
            self.stdout.write(f"{kind.label}: {done.message if done else 'runs elsewhere now'}")
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The jobs page keeps the reasons.")
