"""The log of the years by month: counted as they pass, kept as JSON, shown as a table."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

#: Heading of a column, and the name of what is counted in a month or stands at its end.
COLUMNS = {
    "Month": "month",
    "Server certificates valid": "servers_valid",
    "Servers renewed": "servers_renewed",
    "of these by hand": "renewed_by_hand",
    "Days expired, by hand": "expired_by_hand",
    "Agents alive": "agents_alive",
    "Agents silent": "agents_silent",
    "Agents out": "agents_revoked",
    "Agents joined": "agents_joined",
    "Agents renewed": "agents_renewed",
    "Agents back too late": "agents_late",
    "Polls": "polls",
    "List number": "list_number",
    "OCSP responders": "responders",
    "Revocations": "revocations",
    "Job runs": "job_runs",
    "Servers under the new root": "servers_new_root",
    "Agents under the new root": "agents_new_root",
    "Reminders": "reminders",
    "of these urgent": "urgent",
    "Escalated": "escalated",
    "Taken up": "taken_up",
    "Put off": "put_off",
    "Mails": "mails",
    "Webhook calls": "calls",
    "Backups": "backups",
    "Judgements": "judgements",
    "Incidents": "incidents",
}
MOST_INCIDENTS = 200


@dataclass
class Log:
    months: dict[str, Counter[str]] = field(default_factory=dict)
    incidents: list[dict[str, str]] = field(default_factory=list)

    def count(self, at: datetime, counted: Mapping[str, int]) -> None:
        self.months.setdefault(f"{at:%Y-%m}", Counter()).update(counted)

    def stands(self, at: datetime, numbers: Mapping[str, int]) -> None:
        """What is no sum: the last one of the month stays."""
        dict.update(self.months.setdefault(f"{at:%Y-%m}", Counter()), numbers)

    def incident(self, at: datetime, sentence: str) -> None:
        self.count(at, {"incidents": 1})
        if len(self.incidents) < MOST_INCIDENTS:
            self.incidents.append({"at": f"{at:%Y-%m-%d}", "what": sentence})

    def total(self, name: str) -> int:
        return sum(month[name] for month in self.months.values())

    def document(self, took: timedelta, reports: dict[str, Any]) -> dict[str, Any]:
        return {
            "seconds": round(took.total_seconds()),
            "months": [{"month": name, **counted} for name, counted in self.months.items()],
            "incidents": self.incidents,
            "reports": reports,
        }


def keep(document: dict[str, Any], path: Path) -> None:
    path.write_text(f"{json.dumps(document, indent=1)}\n")


def table(document: dict[str, Any]) -> str:
    """In Markdown; only columns in which something happened."""
    months = document["months"]
    shown = {
        heading: name
        for heading, name in COLUMNS.items()
        if name == "incidents" or any(month.get(name) for month in months)
    }
    lines = [
        f"| {' | '.join(shown)} |",
        f"|---|{'---:|' * (len(shown) - 1)}",
    ]
    for month in months:
        cells = [cell(month.get(name, 0)) for name in shown.values()]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value
