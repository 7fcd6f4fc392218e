"""`certgen` and `certiflow-certgen`: options in, files out."""

import getpass
import sys
from pathlib import Path

from pki.certgen.making import Made, make
from pki.certgen.options import Options, UsageError, parse, usage
from pki.certgen.report import report
from pki.certgen.stores import install
from pki.errors import CertiflowError
from pki.files import refuse_existing, write_all

DONE, FAILED, USAGE = 0, 1, 2

#: Files of each part, to see before the work whether they may be written.
ROOT_FILES = ("agent_root_ca.json", "agent_root_ca.cer", "agent_root_ca.key")
SERVER_FILES = ("agent_ssl_cert.cer", "agent_ssl_cert.key", "agent_ssl_cert.pfx")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def error(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 refused or failed, 2 usage."""
    try:
        options = parse(sys.argv[1:] if argv is None else argv)
    except UsageError as problem:
        error(f"certgen: {problem}")
        return USAGE
    if options.help:
        say(usage().rstrip())
        return DONE
    try:
        return run(options)
    except CertiflowError as problem:
        error(f"certgen: {problem.message}")
        return FAILED
    except KeyboardInterrupt:
        error("certgen: stopped; nothing was written.")
        return FAILED


def run(options: Options) -> int:
    directory = options.out
    if not options.force:
        refuse_existing([directory / name for name in wanted_files(options)])
    password, root_password = passwords(options)
    if options.password:
        error("Warning: other users can read the password in the process list; use --pwd-stdin.")
    made = make(options, password=password, root_password=root_password)
    for warning in made.warnings:
        error(f"Warning: {warning}")
    paths = write_all(directory, made.files, overwrite=options.force)
    say(report(made, paths, password_given=bool(password)))
    return store(made, directory, password) if options.install_to_store else DONE


def wanted_files(options: Options) -> list[str]:
    return [
        *(ROOT_FILES if options.root else ()),
        *(SERVER_FILES if options.makes_server else ()),
    ]


def passwords(options: Options) -> tuple[str, str]:
    """The PFX's and the root file's, from where the options say."""
    password, root_password = options.password, ""
    if options.password_from_stdin:
        password = line("Password for agent_ssl_cert.pfx: ")
    if options.root_password_from_stdin:
        root_password = line("Password of agent_root_ca.json: ")
    return password, root_password


def line(prompt: str) -> str:
    """One line of stdin; asked for without an echo where a person types."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\r\n")


def store(made: Made, directory: Path, password: str) -> int:
    pfx = directory / "agent_ssl_cert.pfx" if made.server else None
    return DONE if install(made.root.certificate, pfx, password, say, error) else FAILED


if __name__ == "__main__":
    sys.exit(main())
