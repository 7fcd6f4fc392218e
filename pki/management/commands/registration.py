"""`certiflow registration`: what happens to agents without an enrollment token."""

from typing import Any

from django.core.management.base import CommandParser

from pki.actions.registration_policy import (
    OperatorLimit,
    Policy,
    change_policy,
    current_policy,
    operator_limit,
)
from pki.management.command import ActionCommand

WORDS = {
    "token-only": "Agents without an enrollment token are refused.",
    "open": "Agents without an enrollment token may register and wait for approval.",
    "automatic": "Agents without an enrollment token are approved at once.",
}


class Command(ActionCommand):
    help = "Show or choose what happens to agents without an enrollment token."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("policy", nargs="?", choices=list(WORDS), help="what to choose")
        parser.add_argument(
            "--operator-uses",
            type=int,
            metavar="N",
            help="workstations for which an operator's automatic token may be; 0: operators "
            "make none",
        )
        parser.add_argument(
            "--operator-days", type=int, metavar="N", help="days for which such a token may live"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        policy, limit = current_policy(), operator_limit()
        chosen = options["policy"] or word_of(policy)
        uses, days = options["operator_uses"], options["operator_days"]
        if options["policy"] or uses is not None or days is not None:
            limit = OperatorLimit(
                limit.uses if uses is None else uses, limit.days if days is None else days
            )
            change_policy(
                open_to_all=chosen == "open",
                automatic=chosen == "automatic",
                limit=limit,
                actor=self.actor,
            )
            policy = current_policy()
        self.stdout.write(f"{word_of(policy)}: {WORDS[word_of(policy)]}")
        self.stdout.write(
            f"Operators make automatic tokens for {limit.uses:,} workstations and {limit.days} "
            "days at most."
            if limit.allows_any
            else "Operators make no automatic tokens."
        )


def word_of(policy: Policy) -> str:
    if policy.automatic:
        return "automatic"
    return "open" if policy.open else "token-only"
