"""The rows as a table for people and as JSON for whoever compares runs."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from benchmarks.installation import HERE
from benchmarks.measurement import Row

VERDICTS = {True: "[green]met[/]", False: "[red]not met[/]", None: "[yellow]not measured[/]"}


def show(rows: Sequence[Row]) -> None:
    table = Table(title="CertiFlow Admin, each beside the bare CertificateBuilder.sign of its run")
    for heading in ("What", "Measured", "Bare signature", "Compared", "Target", "Verdict"):
        table.add_column(heading, justify="left" if heading in {"What", "Verdict"} else "right")
    for row in rows:
        table.add_row(row.name, row.measured, row.bare, row.compared, row.target, VERDICTS[row.met])
    # Into a pipe as wide as it needs; on a terminal as wide as that is.
    Console(width=None if os.isatty(1) else 160).print(table)


def keep(rows: Sequence[Row]) -> None:
    now = datetime.now(UTC)
    document = {
        "at": now.isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "processor": platform.processor() or platform.machine(),
            "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
            "python": platform.python_version(),
            "django": version("django"),
            "cryptography": version("cryptography"),
        },
        "rows": [asdict(row) for row in rows],
    }
    path = HERE / "results" / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(f"Kept in {path.relative_to(HERE.parent)}.")
