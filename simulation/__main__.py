"""`python -m simulation`: three years in minutes; 0 when nothing went wrong in them."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from simulation import log, moved_clock
from simulation.parent import end_with_parent
from simulation.plan import BEGIN, WORLDS, plan
from simulation.product import ROOT
from simulation.summary import summary

RESULT = Path(__file__).parent / "results" / "log.json"
#: Where the summary and table of the last run stand, between these lines.
PAGE = ROOT / "docs" / "three-years.md"
TABLE_BEGINS, TABLE_ENDS = "<!-- the log begins -->\n", "<!-- the log ends -->\n"


def main() -> int:
    parser = argparse.ArgumentParser("simulation", description=__doc__)
    parser.add_argument("world", nargs="?", choices=WORLDS, default="three-years")
    parser.add_argument("--json", type=Path, default=RESULT, help="keep the log there")
    parser.add_argument("--page", action="store_true", help="put the table into the documentation")
    parser.add_argument("--directory", type=Path, help="keep everything there; for looking into")
    options = parser.parse_args()
    if moved_clock.VARIABLE in os.environ:
        return inside(options)
    return outside(options)


def outside(options: argparse.Namespace) -> int:
    """The same program once more, under a moved clock."""
    if not moved_clock.preload():
        sys.stderr.write("The program faketime is missing. On Debian: apt install faketime\n")
        return 1
    with ExitStack() as stack:
        directory = options.directory
        if directory is None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="years-")))
        directory.mkdir(parents=True, exist_ok=True)
        clock = moved_clock.start_at(directory / "clock", BEGIN)
        arguments = [*sys.argv[1:], "--directory", str(directory)]
        return subprocess.run(
            [sys.executable, "-m", "simulation", *arguments],
            env=clock.environment(),
            check=False,
        ).returncode


def inside(options: argparse.Namespace) -> int:
    from simulation.conductor import Conductor

    end_with_parent()
    with ExitStack() as stack:
        conductor = Conductor(plan(WORLDS[options.world]), options.world, options.directory, stack)
        document = conductor.run()
    options.json.parent.mkdir(exist_ok=True)
    log.keep(document, options.json)
    table = log.table(document)
    if options.page:
        write_page(f"{summary(document)}\n{table}")
    sys.stdout.write(table)
    for incident in document["incidents"]:
        sys.stdout.write(f"{json.dumps(incident)}\n")
    return 1 if document["incidents"] else 0


def write_page(text: str) -> None:
    before, _, rest = PAGE.read_text().partition(TABLE_BEGINS)
    _, _, after = rest.partition(TABLE_ENDS)
    PAGE.write_text(f"{before}{TABLE_BEGINS}\n{text}\n{TABLE_ENDS}{after}")


if __name__ == "__main__":
    sys.exit(main())
