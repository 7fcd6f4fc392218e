"""`certiflow rekey`: every secret is sealed anew under a new first key of the ring."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from pki.actions.rekey import Rekeyed, rekey
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_document


class Command(ActionCommand):
    help = "Seal every private key anew: under a new key, or under the first one of your ring."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--forget-old-keys", action="store_true",
            help="then take every key out of the ring that no record is sealed under; copies of "
            "the database made before need them, backups bring their own",
        )  # fmt: skip
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        done = rekey(actor=self.actor, forget_others=options["forget_old_keys"])
        if options["json"]:
            write_document(self.stdout, asdict(done))
        else:
            self.stdout.write("\n".join(report(done)))
        if done.unopened:
            count = len(done.unopened)
            raise CommandError(
                f"{count} {'record does' if count == 1 else 'records do'} not open and "
                f"{'stays as it is' if count == 1 else 'stay as they are'}. “certiflow doctor” "
                "says how to go on."
            )


def report(done: Rekeyed) -> list[str]:
    rest = "everything" if not done.unopened else "everything else"
    return [
        f"Private keys and other secrets sealed anew: {done.resealed}; {rest} is under the master "
        f"key {done.first}.",
        *(f"Does not open: {each}" for each in done.unopened),
        *next_steps(done),
    ]


def next_steps(done: Rekeyed) -> list[str]:
    if settings.MASTER_KEYS:
        return [
            "The ring comes from CERTIFLOW_MASTER_KEYS, so no key was made. To change keys, put a "
            "new one in front there (openssl rand -base64 32), restart, and run this again."
        ]
    kept = f"Back up {settings.MASTER_KEYS_FILE} now: without it no private key opens."
    if not done.others:
        return [kept]
    return [
        kept,
        f"{done.others} older {'key stays' if done.others == 1 else 'keys stay'} in the ring for "
        "copies of the database and for records that do not open; --forget-old-keys takes out "
        "those that no record is under.",
    ]
