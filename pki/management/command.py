"""The base of the shell commands: who runs them, how they refuse, how they end."""

import getpass
import os
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, ProgrammingError

from pki.actions.actor import Actor
from pki.errors import CertiflowError
from pki.management.database_errors import reason

INTERRUPTED = 130


class ActionCommand(BaseCommand):
    """One sentence on stderr and exit code 1 for what is refused; 2 for wrong usage.

    Called from Python (`call_command`) the error itself is raised.
    """

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
        try:
            super().run_from_argv(argv)
            sys.stdout.flush()
        except CertiflowError as error:
            self.fail(error.message)
        except (OperationalError, ProgrammingError) as error:
            self.fail(database_sentence(error))
        except BrokenPipeError:
            # `certiflow certificates | head`: the reader has enough. Nothing is left to flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    def fail(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(1)


def operator_name() -> str:
    """The person at the shell, also behind sudo: the audit trail wants to know who it was."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError, ImportError):  # A container may run as a number without a name.
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def database_sentence(error: Exception) -> str:
    return (
        f"The database cannot be used: {reason(error)}. If this installation is new, run “certiflow "
        "setup” first; “certiflow doctor” says what else may be wrong."
    )
