"""`certiflow setup`: the wizard without a browser, safe to repeat."""

from typing import Any

from django.core.management.base import CommandParser

from certiflow_admin.preparation import prepare
from pki.actions.authorities import DEFAULT_COMMON_NAME
from pki.actions.registration_policy import change_policy, current_policy
from pki.management.command import ActionCommand
from pki.management.first_steps import Plan, SetUp
from pki.management.json_output import add_json_option, write_document
from pki.x509.profiles import ROOT


class Command(ActionCommand):
    help = "Set this installation up: administrator, root, servers. What is there already stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--admin", required=True, metavar="NAME", help="the administrator")
        parser.add_argument(
            "--password-stdin", action="store_true",
            help="the administrator's password is one line of standard input",
        )  # fmt: skip
        parser.add_argument(
            "--root-cn", metavar="CN", help=f"name of the root; default “{DEFAULT_COMMON_NAME}”"
        )
        parser.add_argument(
            "--root-key-size", type=int, metavar="N",
            help=f"bits of the root's RSA key; default {ROOT.default_key.bits}",
        )  # fmt: skip
        parser.add_argument(
            "--root-permit", action="append", default=[], metavar="NAME",
            help="limit the root to this domain or network, such as example.com or 10.0.0.0/8, "
            "which protects all who trust it and cannot be changed later; may be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--server", action="append", default=[], metavar="FQDN",
            help="also issue a certificate for this server; may be repeated",
        )  # fmt: skip
        parser.add_argument(
            "--automatic-registration", action="store_true",
            help="approve agents that come without an enrollment token at once",
        )  # fmt: skip
        parser.add_argument(
            "--permit", nargs="+", action="extend", default=[], metavar="NAME",
            help="permit server certificates only for this domain and what is below it, or for "
            "this IP network; may be repeated",
        )  # fmt: skip
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        plan = Plan.of(
            admin=options["admin"],
            root_cn=options["root_cn"],
            root_key_size=options["root_key_size"],
            root_permits=options["root_permit"],
            servers=options["server"],
            permitted=options["permit"],
        )
        prepare()
        done = SetUp(plan, actor=self.actor, password_on_stdin=options["password_stdin"]).run()
        if options["automatic_registration"] and not current_policy().automatic:
            change_policy(open_to_all=True, automatic=True, actor=self.actor)
        if options["json"]:
            write_document(self.stdout, done.document())
        else:
            self.stdout.write("\n".join(done.lines()))
