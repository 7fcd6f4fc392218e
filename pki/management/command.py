"""The base of the shell commands: who runs them, and how they refuse."""

import getpass
import os
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, ProgrammingError

from pki.actions.actor import Actor
from pki.errors import Unavailable
from pki.management.database_errors import reason


class ActionCommand(BaseCommand):
    """Arguments in, one action, its result out; refusals are the errors of `pki.errors`."""

    #: They take longer than the command; “certiflow doctor” runs them.
    requires_system_checks: list[str] = []
    #: Django's own options still work, and are left out of the help: they are not ours.
    suppressed_base_arguments = {
        "--version", "--verbosity", "--traceback", "--settings", "--pythonpath", "--no-color",
        "--force-color", "--skip-checks",
    }  # fmt: skip

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        self._parser = super().create_parser(prog_name, subcommand, **kwargs)
        return self._parser

    def usage_error(self, message: str) -> NoReturn:
        """For options that do not go together, which argparse cannot say by itself."""
        self._parser.error(message)
        raise SystemExit(2)  # Only for type checkers: the line above does not return.

    @property
    def actor(self) -> Actor:
        return Actor(name=operator_name(), door="command")

    def run_from_argv(self, argv: list[str]) -> None:
        """Refusals go on to the entry point, which says them."""
        try:
            super().run_from_argv(argv)
            # Here and not at Python's exit, where a reader that has gone could not be told from
            # a fault.
            sys.stdout.flush()
        except (OperationalError, ProgrammingError) as error:
            raise database_unusable(error) from None


def operator_name() -> str:
    """The person at the shell, also behind sudo: the audit trail wants to know who it was."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError, ImportError):  # A container may run as a number without a name.
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def database_unusable(error: Exception) -> Unavailable:
    return Unavailable(
        f"The database cannot be used: {reason(error)}. If this installation is new, run "
        "“certiflow setup” first; “certiflow doctor” says what else may be wrong.",
        code="database.unusable",
    )
