"""What can be asked on the command line: the table of options, and its help."""

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
    generate_root_password: bool = False
    days: int | None = None
    names: list[str] = field(default_factory=list)
    permitted: list[str] = field(default_factory=list)
    force: bool = False
    pem: bool = False
    pfx: str = "compatible"
    allow_weak_keys: bool = False
    allow_weak_password: bool = False
    help: bool = False

    @property
    def makes_server(self) -> bool:
        return self.ssl or bool(self.server_name) or self.this_computer


Apply = Callable[[Options, str], None]


@dataclass(frozen=True)
class Option:
    """One option: how it is written in help, what it takes, and what it sets."""

    name: str
    apply: Apply
    value: str = ""
    help: str = ""
    also: tuple[str, ...] = ()
    #: What has to be made for it to mean anything: ``root`` or ``server``.
    belongs_to: str = ""
    #: Whether the value may begin with a slash and still be no option.
    is_path: bool = False


def flag(attribute: str, value: object = True) -> Apply:
    return lambda options, _text: setattr(options, attribute, value)


def text(attribute: str) -> Apply:
    return lambda options, text: setattr(options, attribute, text)


def path(attribute: str) -> Apply:
    return lambda options, text: setattr(options, attribute, Path(text))


def number(attribute: str, name: str) -> Apply:
    def apply(options: Options, text: str) -> None:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise UsageError(f"{name} takes a whole number, and “{text[:40]}” is none.")
        setattr(options, attribute, int(text))

    return apply


OPTIONS = (
    Option("root", flag("root"), help="make a root certificate, CM Agent CA"),
    Option("rootKeySize", number("root_key_size", "rootKeySize"), "N",
           "bits of the root's key: 2048 to 8192, by default 4096", ("root-key-size",),
           belongs_to="root"),
    Option("rootPermit", lambda options, text: options.permitted.append(text), "NAME",
           "limit the root to a domain (example.com) or network (10.0.0.0/8), which cannot be "
           "changed later; may be repeated", ("root-permit",), belongs_to="root"),
    Option("rootKey", path("root_key"), "FILE",
           "sign with the root in FILE (agent_root_ca.json, a PFX, or PEM)", ("root-key",),
           is_path=True),
    Option("ssl", flag("ssl"), help="make a server certificate; needs sn or csn"),
    Option("sn", text("server_name"), "NAME", "the server's DNS name; *.domain for a wildcard"),
    Option("csn", flag("this_computer"), help="the server is this computer"),
    Option("sslKeySize", number("ssl_key_size", "sslKeySize"), "N",
           "bits of the server's key: 2048 to 4096, by default 2048", ("ssl-key-size",),
           belongs_to="server"),
    Option("san", lambda options, text: options.names.append(text), "NAME",
           "a further DNS name or IP address; may be repeated", belongs_to="server"),
    Option("days", number("days", "days"), "N",
           "validity: of the server certificate, or of the root if that is all"),
    Option("pwd", text("password"), "PASSWORD",
           "password of the PFX; others can read it in the process list: prefer pwd-stdin",
           belongs_to="server"),
    Option("pwd-stdin", flag("password_from_stdin"), help="read the PFX's password from stdin",
           belongs_to="server"),
    Option("root-pwd-stdin", flag("root_password_from_stdin"),
           help="read the root file's password from stdin (after the PFX's, a line each)"),
    Option("generate-root-pwd", flag("generate_root_password"), belongs_to="root",
           help="make the new root's password and print it, this once"),
    Option("out", path("out"), "DIR", "where the files go; by default the current directory",
           is_path=True),
    Option("force", flag("force"), help="replace files that exist"),
    Option("pem", flag("pem"), help="write .cer as PEM instead of DER"),
    Option("pfx-modern", flag("pfx", "modern"), belongs_to="server",
           help="PFX with AES-256, for Windows Server 2019 and later"),
    Option("pfx-legacy", flag("pfx", "legacy"), belongs_to="server",
           help="PFX for systems before Windows Vista"),
    Option("allow-weak-keys", flag("allow_weak_keys"), help="allow keys of 1024 to 2047 bits"),
    Option("allow-weak-password", flag("allow_weak_password"), belongs_to="root",
           help="allow a password of the new root that is easy to guess"),
    Option("installToStore", flag("install_to_store"),
           help="put the certificates into this computer's stores", also=("install-to-store",)),
    Option("help", flag("help"), help="show this", also=("h", "?")),
)  # fmt: skip

BY_NAME = {name.lower(): option for option in OPTIONS for name in (option.name, *option.also)}


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
    return "\n".join(lines)
