"""The entry point of `certiflow` and of manage.py."""

import os
import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

#: Our commands in the order of need. A table, so that the list of them costs no start of Django.
COMMANDS = {
    "Start": {
        "up": "Prepare the installation and run the product until Ctrl-C",
        "scheduler": "Order the jobs that are due; “certiflow up” starts it",
        "worker": "Run the jobs that were ordered; “certiflow up” starts it",
        "setup": "Make the administrator, the root and the servers, without a browser",
    },
    "Certificates": {
        "issue": "Issue a certificate for a server and write its files",
        "renew": "Renew a server's certificate",
        "revoke": "Revoke a certificate by its serial number",
        "certificates": "List certificates, as a table or as JSON",
        "permit": "Show or choose the names that server certificates may have",
    },
    "Workstations": {
        "workstations": "List the workstations, as a table or as JSON",
        "approve": "Let a workstation that waits have its certificate",
        "deny": "Tell a workstation that waits that it gets none",
        "token": "Make an enrollment token and print it, once",
        "registration": "Show or choose what happens to agents without a token",
    },
    "Files only, with no database": {
        "certgen": "Make a root and server certificates on an isolated machine",
    },
    "Care": {
        "maintain": "Run every job once, for those who have cron instead of a scheduler",
        "doctor": "Check the installation and say what to mend",
        "backup": "Write everything into one encrypted file",
        "restore": "Put a backup into an empty installation",
        "audit": "Verify that the audit trail is as it was written",
        "rekey": "Seal every private key under a new master key",
    },
    "People": {
        "sign-in": "Show or choose idle limits and who needs a second factor",
        "reset-second-factor": "Take a lost second factor from a person, who can add another",
    },
}
OURS = {name: line for group in COMMANDS.values() for name, line in group.items()}


def main() -> int:
    """Exit codes: 0 done, 1 refused or failed with a sentence on stderr, 2 usage."""
    # Before anything makes a file. What others may read is given its mode where it is written.
    os.umask(0o077)
    arguments = sys.argv[1:]
    match arguments:
        case [] | ["-h" | "--help" | "help"]:
            sys.stdout.write(overview())
            return 0
        case ["--version"]:
            from importlib.metadata import version

            sys.stdout.write(f"CertiFlow Admin {version('certiflow-admin')}\n")
            return 0
        case ["help", name, *_]:
            return main_of([name, "--help"])
    return main_of(arguments)


def main_of(arguments: Sequence[str]) -> int:
    try:
        if arguments[0] == "certgen":
            from pki.certgen.main import main as certgen

            return certgen(list(arguments[1:]))
        return django_command(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `certiflow certificates | head`; Python would complain once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def django_command(arguments: Sequence[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certiflow_admin.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import ManagementUtility, get_commands
    from django.core.management.base import BaseCommand
    from django.db import OperationalError

    from pki.errors import CertiflowError

    class Commands(ManagementUtility):
        """Django's, with a usage error for a command that does not exist."""

        def fetch_command(self, subcommand: str) -> BaseCommand:
            # Django passes over settings that do not load, and looks for the command first.
            settings.INSTALLED_APPS  # noqa: B018
            if subcommand not in get_commands():
                sys.exit(unknown(subcommand, get_commands()))
            return super().fetch_command(subcommand)

    try:
        Commands([program(), *arguments]).execute()
    except ImproperlyConfigured as error:
        return failed(str(error))
    except CertiflowError as error:
        return failed(error.message)
    except OperationalError as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        return failed(
            f"The database cannot be used: {reason}. Check DATABASE_URL; “certiflow doctor” says "
            "what else may be wrong."
        )
    return 0


def unknown(name: str, known: Iterable[str]) -> int:
    close = get_close_matches(name, [*OURS, *known], n=1, cutoff=0.5)
    meant = f" Did you mean “{close[0]}”?" if close else ""
    failed(f"There is no command “{name[:60]}”.{meant} “certiflow --help” lists them.")
    return 2


def failed(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


def overview() -> str:
    lines = ["Usage: certiflow COMMAND [OPTIONS]", ""]
    for group, commands in COMMANDS.items():
        lines.append(f"{group}:")
        lines += [f"  {name:<21}{line}" for name, line in commands.items()]
        lines.append("")
    lines.append("“certiflow COMMAND --help” tells more. Django's own commands (check, migrate,")
    lines.append("shell …) work as well.")
    return "\n".join(lines) + "\n"


def program() -> str:
    """What Django names in its usage texts."""
    return "manage.py" if sys.argv[0].endswith("manage.py") else "certiflow"


if __name__ == "__main__":
    sys.exit(main())
