"""Passwords on their way in: never as an argument."""

import getpass
import io
import sys

import pytest

from pki.errors import InvalidInput
from pki.management.passwords import password_for, read_password


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def typed(monkeypatch: pytest.MonkeyPatch, *entries: str) -> None:
    waiting = list(entries)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: waiting.pop(0))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"", b"\nsecond line\n"])
def test_one_line_of_standard_input_is_the_password(
    monkeypatch: pytest.MonkeyPatch, end: bytes
) -> None:
    stdin(monkeypatch, " with spaces and ümlaut ".encode() + end)
    assert read_password("Password") == " with spaces and ümlaut "


@pytest.mark.parametrize(("content", "code"), [(b"\n", "empty"), (b"\xff\xfe\n", "encoding")])
def test_what_is_no_password_is_refused(
    monkeypatch: pytest.MonkeyPatch, content: bytes, code: str
) -> None:
    stdin(monkeypatch, content)
    with pytest.raises(InvalidInput) as refusal:
        read_password("Password")
    assert refusal.value.code == f"password.{code}"


def test_at_a_terminal_it_is_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "the same", "the same")
    assert read_password("Password") == "the same"


@pytest.mark.parametrize("entries", [("",), ("one", "other")])
def test_a_typing_mistake_at_a_terminal_is_noticed(
    monkeypatch: pytest.MonkeyPatch, entries: tuple[str, ...]
) -> None:
    typed(monkeypatch, *entries)
    with pytest.raises(InvalidInput, match="nothing was done"):
        read_password("Password")


def test_one_that_is_there_already_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "the same")
    assert password_for("the backup", on_stdin=False, new=False) == "the same"


def test_without_a_terminal_it_has_to_be_said_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"the same\n")
    with pytest.raises(InvalidInput, match="--password-stdin"):
        password_for("the backup", on_stdin=False, new=False)
    assert password_for("the backup", on_stdin=True, new=False) == "the same"
