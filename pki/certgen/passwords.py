"""The passwords of the PFX and of the root file, on their way in."""

import getpass
import sys
from dataclasses import dataclass

from pki.certgen.options import Options
from pki.errors import InvalidInput
from pki.password_rule import FILES, check_password, random_password
from pki.x509 import bundles

#: Bytes; longer than every password allowed, so that the limit can still say its number.
LINE_LIMIT = 4096


@dataclass(frozen=True)
class Passwords:
    """Empty: none."""

    pfx: str = ""
    root: str = ""


def read(options: Options) -> Passwords:
    """From where the options say: the PFX's first. Raises InvalidInput ``password.…``."""
    pfx, root = options.password, ""
    if options.password_from_stdin:
        pfx = line("pwd-stdin", "Password for agent_ssl_cert.pfx", new=True)
    if options.root_password_from_stdin:
        root = line("root-pwd-stdin", "Password of the root file", new=options.root)
    check("pwd", pfx)
    if options.root:
        check("root-pwd-stdin", root)
        if root and not options.allow_weak_password:
            check_strength("root-pwd-stdin", root)
    if options.generate_root_password:
        root = random_password()
    return Passwords(pfx, root)


def check(option: str, password: str) -> None:
    """Before keys are made, which takes a while."""
    try:
        bundles.password_bytes(password)
    except InvalidInput as error:
        raise refusal(option, error.message, error.code) from None


def check_strength(option: str, password: str) -> None:
    """Whoever finds the root's file can try for years."""
    try:
        check_password(password, FILES)
    except InvalidInput as error:
        raise refusal(
            option,
            f"{error.message} generate-root-pwd makes one; allow-weak-password takes this one.",
            error.code,
        ) from None


def line(option: str, prompt: str, *, new: bool) -> str:
    """One line of standard input; asked for without an echo where a person types."""
    password = ask(option, prompt, new=new) if sys.stdin.isatty() else piped(option)
    if not password:
        raise refusal(
            option,
            "no password came on standard input, and nothing was done. Send one line, or leave "
            f"{option} out for none.",
            "password.empty",
        )
    return password


def piped(option: str) -> str:
    try:
        # Editors and PowerShell may put a byte order mark in front.
        text = sys.stdin.buffer.readline(LINE_LIMIT).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refusal(
            option,
            "the password on standard input is not UTF-8. Send it in UTF-8, one line.",
            "password.encoding",
        ) from None
    return text.rstrip("\r\n")


def ask(option: str, prompt: str, *, new: bool) -> str:
    """Twice where it will protect something: a slip would lock everyone out."""
    password = getpass.getpass(f"{prompt}: ")
    if new and password and getpass.getpass("Once more: ") != password:
        raise refusal(
            option,
            "the two passwords differ, and nothing was done. Start again and enter the same one "
            "twice.",
            "password.differs",
        )
    return password


def refusal(option: str, reason: str, code: str) -> InvalidInput:
    return InvalidInput(f"{option}: {reason}", code=code, field=option)
