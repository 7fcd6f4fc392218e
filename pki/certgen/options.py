"""What is asked on the command line, in the spellings of the original utility.

argparse knows no ``/option``, so a table of options is read here instead.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class UsageError(Exception):
    """The command line itself is wrong; the exit code is 2."""


@dataclass
class Options:
    root: bool = False
    root_key_size: int = 4096
    ssl: bool = False
    server_name: str = ""
    this_computer: bool = False
    ssl_key_size: int = 2048
    password: str = ""
    password_from_stdin: bool = False
    root_key: Path | None = None
    install_to_store: bool = False
    out: Path = field(default_factory=Path)
    root_password_from_stdin: bool = False
    days: int | None = None
    names: list[str] = field(default_factory=list)
    force: bool = False
    pem: bool = False
    pfx: str = "compatible"
    allow_weak_keys: bool = False
    help: bool = False

    @property
    def makes_server(self) -> bool:
        return self.ssl or bool(self.server_name) or self.this_computer


@dataclass(frozen=True)
class Option:
    """One option: how it is written in help, what it takes, and what it sets."""

    name: str
    apply: Callable[[Options, str], None]
    value: str = ""
    help: str = ""
    also: tuple[str, ...] = ()


def flag(attribute: str, value: object = True) -> Callable[[Options, str], None]:
    return lambda options, _text: setattr(options, attribute, value)


def text(attribute: str) -> Callable[[Options, str], None]:
    return lambda options, text: setattr(options, attribute, text)


def path(attribute: str) -> Callable[[Options, str], None]:
    return lambda options, text: setattr(options, attribute, Path(text))


def number(attribute: str, name: str) -> Callable[[Options, str], None]:
    def apply(options: Options, text: str) -> None:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise UsageError(f"{name} takes a whole number, and “{text[:40]}” is none.")
        setattr(options, attribute, int(text))

    return apply


OPTIONS = (
    Option("root", flag("root"), help="make a root certificate, CM Agent CA"),
    Option("rootKeySize", number("root_key_size", "rootKeySize"), "N",
           "bits of the root's key: 2048 to 8192, by default 4096", ("root-key-size",)),
    Option("rootKey", path("root_key"), "FILE",
           "sign with the root in FILE (agent_root_ca.json, a PFX, or PEM)", ("root-key",)),
    Option("ssl", flag("ssl"), help="make a server certificate; needs sn or csn"),
    Option("sn", text("server_name"), "NAME", "the server's DNS name; *.domain for a wildcard"),
    Option("csn", flag("this_computer"), help="the server is this computer"),
    Option("sslKeySize", number("ssl_key_size", "sslKeySize"), "N",
           "bits of the server's key: 2048 to 4096, by default 2048", ("ssl-key-size",)),
    Option("san", lambda options, text: options.names.append(text), "NAME",
           "a further DNS name or IP address; may be repeated"),
    Option("days", number("days", "days"), "N",
           "validity: of the server certificate, or of the root if that is all"),
    Option("pwd", text("password"), "PASSWORD",
           "password of the PFX; others can read it in the process list: prefer pwd-stdin"),
    Option("pwd-stdin", flag("password_from_stdin"), help="read the PFX's password from stdin"),
    Option("root-pwd-stdin", flag("root_password_from_stdin"),
           help="read the root file's password from stdin (after the PFX's, a line each)"),
    Option("out", path("out"), "DIR", "where the files go; by default the current directory"),
    Option("force", flag("force"), help="replace files that exist"),
    Option("pem", flag("pem"), help="write .cer as PEM instead of DER"),
    Option("pfx-modern", flag("pfx", "modern"),
           help="PFX with AES-256, for Windows Server 2019 and later"),
    Option("pfx-legacy", flag("pfx", "legacy"), help="PFX for systems before Windows Vista"),
    Option("allow-weak-keys", flag("allow_weak_keys"), help="allow keys of 1024 to 2047 bits"),
    Option("installToStore", flag("install_to_store"),
           help="put the certificates into this computer's stores", also=("install-to-store",)),
    Option("help", flag("help"), help="show this", also=("h", "?")),
)  # fmt: skip

BY_NAME = {name.lower(): option for option in OPTIONS for name in (option.name, *option.also)}


def parse(arguments: list[str]) -> Options:
    """Options from ``--name value``, ``/name value``, ``/name:value`` or ``--name=value``.

    Raises UsageError, which names the argument that is wrong.
    """
    options = Options()
    remaining = iter(arguments)
    for argument in remaining:
        option, attached = find(argument)
        if not option.value:
            if attached is not None:
                raise UsageError(f"{option.name} takes no value.")
            option.apply(options, "")
            continue
        value = attached if attached is not None else next(remaining, None)
        if not value:
            raise UsageError(f"{option.name} needs a value: --{option.name} {option.value}.")
        option.apply(options, value)
    return options if options.help else checked(options)


def find(argument: str) -> tuple[Option, str | None]:
    """The option an argument names, and the value written with it."""
    if argument.startswith("--"):
        bare = argument[2:]
    elif argument.startswith(("-", "/")):
        bare = argument[1:]
    else:
        raise UsageError(f"“{argument[:60]}” is no option. Options begin with -- or /.")
    separator = min((bare.find(mark) for mark in ":=" if mark in bare), default=-1)
    name, value = (bare, None) if separator < 0 else (bare[:separator], bare[separator + 1 :])
    option = BY_NAME.get(name.lower())
    if option is None:
        near = difflib.get_close_matches(name.lower(), BY_NAME, n=1)
        hint = f" Did you mean --{BY_NAME[near[0]].name}?" if near else " --help lists them."
        raise UsageError(f"There is no option “{name[:40]}”.{hint}")
    return option, value


def checked(options: Options) -> Options:
    """Combinations that make no sense are refused before anything is made."""
    if options.server_name and options.this_computer:
        raise UsageError("Give either sn or csn: the server has one name.")
    if options.root and options.root_key:
        raise UsageError("Give either root, for a new root, or rootKey, for the one you have.")
    if not options.root and not options.makes_server:
        raise UsageError("Say what to make: root, or ssl with sn or csn. --help explains.")
    if options.ssl and not options.server_name and not options.this_computer:
        raise UsageError("ssl needs the server's name: sn NAME, or csn for this computer.")
    if options.makes_server and not options.root and options.root_key is None:
        raise UsageError("A server certificate needs a root: root for a new one, or rootKey FILE.")
    if options.password and options.password_from_stdin:
        raise UsageError("Give the password either by pwd or by pwd-stdin.")
    if options.names and not options.makes_server:
        raise UsageError("san belongs to a server certificate; add sn or csn.")
    return options


def usage() -> str:
    lines = [
        "Makes the certificates of CertiFlow agents on this machine, in files.",
        "",
        "  certgen /root /csn /installToStore",
        "  certgen --root --sn cm1.example.com --pwd-stdin",
        "  certgen --rootKey agent_root_ca.json --ssl --sn cm2.example.com",
        "",
        "Options, with -- or /, in capital or small letters:",
    ]
    for option in OPTIONS:
        left = f"--{option.name} {option.value}".rstrip()
        lines.append(f"  {left:<22}  {option.help}")
    return "\n".join(lines) + "\n"
