"""A backup once a month, which somebody forgets one month."""

from pathlib import Path
from typing import Any

from simulation.parts.part import Part, Today, Witness

#: Days after which a backup is too old here.
TOO_OLD = 40
PASSWORD = "correct horse battery staple"


class Backups(Part):
    name = "backups"

    def begin(self, _receiver: str) -> dict[str, str]:
        from pki.actions.actor import SYSTEM
        from pki.actions.reminder_policies import change_reminder_policy
        from pki.models import ReminderKind

        change_reminder_policy(
            ReminderKind.BACKUP,
            enabled=True,
            days=[TOO_OLD],
            groups=[],
            escalate_after_days=None,
            escalation_group=None,
            actor=SYSTEM,
        )
        return {}

    def day(self, today: Today) -> dict[str, int]:
        from django.conf import settings

        from pki.actions.actor import SYSTEM
        from pki.actions.backups import back_up

        if not any(day in self.plan.backups for day in today.days):
            return {}
        path = Path(settings.DATA_DIR).parent / "backup"
        back_up(path, PASSWORD, actor=SYSTEM, overwrite=True)
        return {"backups": 1}

    def report(self) -> Any:
        from pki.models import Backup, Notice

        notices = Notice.objects.filter(reminder__kind="backup").order_by("pk")
        return {
            "backups": Backup.objects.count(),
            "told": [
                {"step": step, "at": at.isoformat()}
                for step, at in notices.values_list("step", "at")
            ],
        }

    def judge(self, report: Any, _witness: Witness) -> list[str]:
        """In the month that is left out the last backup gets too old, once."""
        steps = [each["step"] for each in report["told"]]
        expected = ["since", "closed"]
        wrong = []
        if steps != expected:
            wrong.append(f"Of the forgotten backup was told {steps} instead of {expected}.")
        if report["backups"] != len(self.plan.backups):
            wrong.append(
                f"There are {report['backups']} backups instead of {len(self.plan.backups)}."
            )
        return wrong
