"""`certgen` and `certiflow-certgen`: options in, files out."""

import os
import sys
from pathlib import Path

from pki.certgen import passwords
from pki.certgen.console import error, say
from pki.certgen.making import Made, make
from pki.certgen.options import Options, UsageError, usage
from pki.certgen.parsing import parse
from pki.certgen.passwords import Passwords
from pki.certgen.report import report
from pki.errors import CertiflowError
from pki.files import refuse_existing, write_all

DONE, FAILED, USAGE = 0, 1, 2

#: Files of each part, to see before the work whether they may be written.
ROOT_FILES = ("agent_root_ca.json", "agent_root_ca.cer", "agent_root_ca.key")
SERVER_FILES = ("agent_ssl_cert.cer", "agent_ssl_cert.key", "agent_ssl_cert.pfx")


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 refused or failed, 2 usage."""
    try:
        options = parse(sys.argv[1:] if argv is None else argv)
        return help_or_run(options)
    except UsageError as problem:
        error(f"certgen: {problem}")
        return USAGE
    except CertiflowError as problem:
        error(f"certgen: {problem.message}")
    except BrokenPipeError:
        # `certgen … | head`; Python would complain once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        error(f"certgen: {problem.filename or 'A file'} cannot be used: {problem.strerror}.")
    except KeyboardInterrupt:
        error("certgen: stopped before it was done.")
    return FAILED


def help_or_run(options: Options) -> int:
    if options.help:
        say(usage())
        return DONE
    return run(options)


def run(options: Options) -> int:
    if options.password:
        error("Warning: other users can read the password in the process list; use --pwd-stdin.")
    if not options.force:
        refuse_existing([options.out / name for name in wanted_files(options)])
    given = passwords.read(options)
    if options.generate_root_password:
        # Before the files are there: without it nobody could open them.
        error(f"The root's password, shown this once:\n{given.root}")
    made = make(options, given)
    for warning in made.warnings:
        error(f"Warning: {warning}")
    paths = write_all(options.out, made.files, overwrite=options.force)
    say(report(made, paths, given))
    return store(options, made, given) if options.install_to_store else DONE


def wanted_files(options: Options) -> list[str]:
    return [
        *(ROOT_FILES if options.root else ()),
        *(SERVER_FILES if options.makes_server else ()),
    ]


def store(options: Options, made: Made, given: Passwords) -> int:
    # Only now: most runs need nothing of it.
    from pki.certgen.stores.installing import install

    directory = options.out.absolute()
    root_file = (
        directory / "agent_root_ca.cer"
        if options.root
        else (options.root_key or Path()).absolute().with_name("agent_root_ca.cer")
    )
    pfx = directory / "agent_ssl_cert.pfx" if made.server else None
    return DONE if install(made.root.certificate, root_file, pfx, given.pfx) else FAILED


if __name__ == "__main__":
    sys.exit(main())
