"""`certiflow doctor`: looks the installation over and says what to mend."""

import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from pki.management.command import ActionCommand
from pki.management.diagnosis.examination import examine
from pki.management.diagnosis.finding import Finding, Verdict
from pki.management.json_output import add_json_option, write_document


class Command(ActionCommand):
    help = "Check this installation and say what to mend; exit code 1 if something must be."

    def add_arguments(self, parser: CommandParser) -> None:
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        found: list[Finding] = []
        for finding in examine():
            found.append(finding)
            if not options["json"]:
                self.tell(finding)
        broken = sum(finding.verdict is Verdict.MEND for finding in found)
        if options["json"]:
            write_document(
                self.stdout, {"ok": not broken, "findings": [asdict(each) for each in found]}
            )
        if broken:
            self.stderr.write(
                f"{broken} {'thing has' if broken == 1 else 'things have'} to be mended."
            )
            sys.exit(1)
        if not options["json"]:
            self.stdout.write("Nothing has to be mended.")

    def tell(self, finding: Finding) -> None:
        """A line a finding, and the way out below it."""
        style = {
            Verdict.OK: self.style.SUCCESS,
            Verdict.WARN: self.style.WARNING,
            Verdict.MEND: self.style.ERROR,
        }[finding.verdict]
        self.stdout.write(f"{style(f'{finding.verdict:<4}')}  {finding.check}: {finding.detail}")
        if finding.way_out:
            self.stdout.write(f"      → {finding.way_out}")
