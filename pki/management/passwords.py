"""Passwords on their way in: one line of standard input, or asked for at a terminal."""

import getpass
import sys

from pki.errors import InvalidInput

#: Bytes; longer than every limit on passwords, so that those can still say their number.
LINE_LIMIT = 4096


def password_for(what: str, *, on_stdin: bool, new: bool) -> str:
    """From where the options say. Raises InvalidInput ``password.…``."""
    if not on_stdin and not sys.stdin.isatty():
        raise InvalidInput(
            f"A password for {what} is needed. Send it as one line of standard input and say "
            "--password-stdin.",
            code="password.empty",
            field="password",
        )
    return read_password(f"Password for {what}", new=new)


def read_password(prompt: str, *, new: bool = True) -> str:
    """At a terminal a new one is asked for twice. Raises InvalidInput ``password.…``."""
    if sys.stdin.isatty():
        return ask_twice(prompt) if new else ask(prompt)
    try:
        line = sys.stdin.buffer.readline(LINE_LIMIT).decode()
    except UnicodeDecodeError:
        raise InvalidInput(
            "The password on standard input is not UTF-8. Send it in UTF-8, one line.",
            code="password.encoding",
            field="password",
        ) from None
    password = line.rstrip("\r\n")
    if not password:
        raise InvalidInput(
            "Standard input holds no password. Send it as one line, from a file for example: "
            "certiflow … < password.txt.",
            code="password.empty",
            field="password",
        )
    return password


def ask_twice(prompt: str) -> str:
    password = ask(prompt)
    if getpass.getpass("Once more: ") != password:
        raise InvalidInput(
            "The two passwords differ, and nothing was done. Start again and enter the same one "
            "twice.",
            code="password.differs",
            field="password",
        )
    return password


def ask(prompt: str) -> str:
    password = getpass.getpass(f"{prompt}: ")
    if not password:
        raise InvalidInput(
            "No password was entered, and nothing was done. Start again and enter one.",
            code="password.empty",
            field="password",
        )
    return password
