"""`certiflow permit`: the names that server certificates may have."""

from typing import Any

from django.core.management.base import CommandParser

from pki.actions.name_policy import change_name_policy, current_name_policy, outside
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_document
from pki.models import ServerName
from pki.x509.name_policy import NamePolicy


class Command(ActionCommand):
    help = "Show or choose the names that server certificates may have: the name policy."

    def add_arguments(self, parser: CommandParser) -> None:
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument(
            "names", nargs="*", default=[], metavar="NAME",
            help="permit only these: a domain with everything below it, an IP network or address",
        )  # fmt: skip
        chosen.add_argument("--open", action="store_true", help="permit every name")
        parser.add_argument(
            "--refuse-existing", action="store_true",
            help="also refuse automatic renewal to servers that have names outside the new policy",
        )  # fmt: skip
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        policy = current_name_policy()
        if options["names"] or options["open"]:
            policy = change_name_policy(
                options["names"],
                actor=self.actor,
                keep_existing=not options["refuse_existing"],
            )
        elif options["refuse_existing"]:
            self.usage_error("--refuse-existing belongs to a new policy: name what it permits")
        left = outside(policy)
        if options["json"]:
            write_document(self.stdout, document(policy, left))
        else:
            self.stdout.write("\n".join([in_words(policy), *map(line, left)]))


def in_words(policy: NamePolicy) -> str:
    if policy.is_open:
        return "Every name is permitted. “certiflow permit example.com” permits one domain only."
    return "Permitted:\n" + "\n".join(f"  {entry}" for entry in policy.entries)


def line(row: ServerName) -> str:
    renewal = "renews automatically" if row.accepted_by else "does not renew automatically"
    whose = "" if row.name == row.server.fqdn else f" of {row.server}"
    return f"Outside: {row.name}{whose}, {renewal}"


def document(policy: NamePolicy, left: list[ServerName]) -> dict[str, Any]:
    return {
        "open": policy.is_open,
        "permitted": policy.entries,
        "outside": [
            {"server": row.server.fqdn, "name": row.name, "accepted_by": row.accepted_by or None}
            for row in left
        ],
    }
