"""`certiflow registration`: what happens to agents without an enrollment token."""

from typing import Any

from django.core.management.base import CommandParser

from pki.actions.registration_policy import change_policy, current_policy
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

    def handle(self, *_args: Any, **options: Any) -> None:
        chosen = options["policy"]
        if chosen:
            change_policy(
                open_to_all=chosen == "open", automatic=chosen == "automatic", actor=self.actor
            )
        policy = current_policy()
        word = "automatic" if policy.automatic else "open" if policy.open else "token-only"
        self.stdout.write(f"{word}: {WORDS[word]}")
