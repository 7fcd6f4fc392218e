"""`python -m benchmarks`: run every row, print a table, keep the numbers as JSON."""

import sys

from benchmarks import installation


def main() -> int:
    with installation.temporary():
        # Only now: these import models, which need the settings above.
        from benchmarks import (
            agents,
            command_start,
            issuance,
            list_page,
            overview_page,
            publication,
            reminders,
            report,
        )

        measured = (
            issuance.rows,
            agents.rows,
            publication.rows,
            list_page.rows,
            reminders.rows,
            overview_page.rows,
            command_start.rows,
        )
        rows = []
        for benchmark in measured:
            for row in benchmark():
                print(".", end="", file=sys.stderr, flush=True)
                rows.append(row)
        print(file=sys.stderr)
        report.show(rows)
        report.keep(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
