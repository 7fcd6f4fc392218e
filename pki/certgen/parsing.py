"""Reading a command line in the spellings of the original utility.

argparse knows no ``/option``, so the table of options is read here instead.
"""

import difflib
from collections.abc import Iterator

from pki.certgen.options import BY_NAME, Option, Options, UsageError

#: Options that may be given several times.
REPEATED = {"san", "rootPermit"}


def parse(arguments: list[str]) -> Options:
    """Options from ``--name value``, ``/name value``, ``/name:value`` or ``--name=value``.

    Raises UsageError, which names the argument that is wrong.
    """
    options = Options()
    given: list[Option] = []
    remaining = iter(arguments)
    for argument in remaining:
        option, attached = find(argument, given)
        if option.value and option.name not in REPEATED and option in given:
            raise UsageError(f"{option.name} is given twice; give it once.")
        given.append(option)
        option.apply(options, value_of(option, attached, remaining))
    return options if options.help else checked(options, given)


def find(argument: str, given: list[Option]) -> tuple[Option, str | None]:
    """The option an argument names, and the value written with it."""
    bare = without_prefix(argument)
    if bare is None:
        # It may be a password that someone wrote after pwd-stdin, so it is not repeated there.
        after_password = bool(given) and "pwd" in given[-1].name
        shown = f"What follows {given[-1].name}" if after_password else f"“{argument[:60]}”"
        raise UsageError(f"{shown} is no option. Options begin with -- or /.")
    separator = min((bare.find(mark) for mark in ":=" if mark in bare), default=-1)
    name, value = (bare, None) if separator < 0 else (bare[:separator], bare[separator + 1 :])
    option = BY_NAME.get(name.lower())
    if option is None:
        near = difflib.get_close_matches(name.lower(), BY_NAME, n=1, cutoff=0.5)
        hint = f" Did you mean --{BY_NAME[near[0]].name}?" if near else " --help lists them."
        raise UsageError(f"There is no option “{name[:40]}”.{hint}")
    return option, value


def without_prefix(argument: str) -> str | None:
    for prefix in ("--", "-", "/"):
        if argument.startswith(prefix):
            return argument[len(prefix) :]
    return None


def value_of(option: Option, attached: str | None, remaining: Iterator[str]) -> str:
    if not option.value:
        if attached is not None:
            raise UsageError(f"{option.name} takes no value.")
        return ""
    value = attached if attached is not None else next(remaining, "")
    if not value:
        raise UsageError(f"{option.name} needs a value: --{option.name} {option.value}.")
    if attached is None and names_an_option(value, option):
        raise UsageError(
            f"{option.name} needs a value, and “{value}” is an option. If it is the value, write "
            f"--{option.name}={value}."
        )
    return value


def names_an_option(value: str, option: Option) -> bool:
    if option.is_path and value.startswith("/"):
        return False  # --out /root means the directory.
    return (without_prefix(value) or "").lower() in BY_NAME


def checked(options: Options, given: list[Option]) -> Options:
    """Combinations that make no sense are refused before anything is made."""
    if options.root and options.root_key:
        raise UsageError("Give either root, for a new root, or rootKey, for the one you have.")
    if options.server_name and options.this_computer:
        raise UsageError("Give either sn or csn: the server has one name.")
    if not options.root and not options.makes_server:
        raise UsageError("Say what to make: root, or ssl with sn or csn. --help explains.")
    if options.ssl and not options.server_name and not options.this_computer:
        raise UsageError("ssl needs the server's name: sn NAME, or csn for this computer.")
    if options.makes_server and not options.root and options.root_key is None:
        raise UsageError("A server certificate needs a root: root for a new one, or rootKey FILE.")
    if options.password and options.password_from_stdin:
        raise UsageError("Give the password either by pwd or by pwd-stdin.")
    if options.root_password_from_stdin and options.generate_root_password:
        raise UsageError("Give either root-pwd-stdin or generate-root-pwd.")
    if {"pfx-modern", "pfx-legacy"} <= {option.name for option in given}:
        raise UsageError("Give either pfx-modern or pfx-legacy: the PFX is of one kind.")
    for option in given:
        check_use(option, options)
    return options


def check_use(option: Option, options: Options) -> None:
    """An option that would be ignored is refused; an ignored password is worst of all."""
    if option.belongs_to == "server" and not options.makes_server:
        hint = " The root's password is root-pwd-stdin." if "pwd" in option.name else ""
        raise UsageError(f"{option.name} belongs to a server certificate; add sn or csn.{hint}")
    if option.belongs_to == "root" and not options.root:
        raise UsageError(f"{option.name} belongs to a new root; add root, or leave it out.")
