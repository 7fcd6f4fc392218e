"""`certiflow sign-in`: idle limits, and who needs a second factor."""

from typing import Any

from django.core.management.base import CommandParser

from pki.actions.sign_in_policy import (
    change_sign_in_policy,
    current_sign_in_policy,
    required_from,
    without_second_factor,
)
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_document
from pki.models import Role, SignInPolicy

NOBODY = "nobody"


class Command(ActionCommand):
    help = "Show or choose how long people may be idle, and which roles need a second factor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--administrator-idle", type=int, metavar="MINUTES",
            help="sign administrators out after so long without a request; 0: never",
        )  # fmt: skip
        parser.add_argument(
            "--other-idle", type=int, metavar="MINUTES", help="the same for everybody else"
        )
        parser.add_argument(
            "--second-factor", action="append", choices=[*Role.values, NOBODY], metavar="ROLE",
            help=f"{', '.join(Role.values)} or {NOBODY}: who needs one; may be repeated",
        )  # fmt: skip
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        policy = current_sign_in_policy()
        roles = options["second_factor"]
        if roles and NOBODY in roles and len(roles) > 1:
            self.usage_error(f"--second-factor {NOBODY} goes with no other role.")
        given = {
            "administrator_idle_minutes": options["administrator_idle"],
            "other_idle_minutes": options["other_idle"],
            "second_factor_roles": [role for role in roles if role != NOBODY] if roles else None,
        }
        if any(value is not None for value in given.values()):
            chosen = {
                name: getattr(policy, name) if value is None else value
                for name, value in given.items()
            }
            policy = change_sign_in_policy(**chosen, actor=self.actor)
        if options["json"]:
            write_document(self.stdout, document(policy))
        else:
            self.stdout.write("\n".join(lines(policy)))


def document(policy: SignInPolicy) -> dict[str, Any]:
    begins = required_from()
    missing = without_second_factor(policy.second_factor_roles).order_by("username")
    return {
        "administrator_idle_minutes": policy.administrator_idle_minutes,
        "other_idle_minutes": policy.other_idle_minutes,
        "second_factor_roles": policy.second_factor_roles,
        "second_factor_from": begins.isoformat() if begins else None,
        "without_second_factor": list(missing.values_list("username", flat=True)),
    }


def lines(policy: SignInPolicy) -> list[str]:
    begins = required_from()
    missing = without_second_factor(policy.second_factor_roles).order_by("username")
    names = ", ".join(missing.values_list("username", flat=True))
    since = f", from {begins:%Y-%m-%d %H:%M} UTC on" if begins else ""
    return [
        f"Idle administrators are signed out {after(policy.administrator_idle_minutes)}.",
        f"Other idle people are signed out {after(policy.other_idle_minutes)}.",
        f"Second factor needed by {', '.join(policy.second_factor_roles) or NOBODY}{since}.",
        *([f"Without one: {names}. They are asked to add it."] if names else []),
    ]


def after(minutes: int) -> str:
    return f"after {minutes} minutes" if minutes else "8 hours after signing in only"
