"""The signing key of sessions: made once, whole, and for its owner only."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from certiflow_admin import environment
from certiflow_admin.environment import secret_key


def test_a_given_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    assert secret_key("given", tmp_path / "secret_key") == "given"
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    first = secret_key("", path)
    assert len(first) > 80
    assert secret_key("", path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]


def test_many_that_start_at_once_all_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    with ThreadPoolExecutor(16) as starts:
        keys = set(starts.map(lambda _: secret_key("", path), range(64)))
    assert keys == {path.read_text()}


def test_whoever_comes_second_takes_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret_key"
    link = os.link

    def overtaken(source: str, target: Path) -> None:
        path.write_text("the first one's")
        link(source, target)

    monkeypatch.setattr(environment.os, "link", overtaken)
    assert secret_key("", path) == "the first one's"


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImproperlyConfigured, match="CERTIFLOW_DATA_DIR is not usable"):
        secret_key("", tmp_path / "file" / "secret_key")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("certiflow@example.com", "certiflow@example.com"),
        ("certiflow@host", "certiflow@host"),
        ("The root <root@example.com>", "The root <root@example.com>"),
    ],
)
def test_mail_comes_from_an_address_with_a_name_or_without(given: str, used: str) -> None:
    assert environment.mail_address(given) == used


@pytest.mark.parametrize(
    "wrong", ["certiflow", "@example.com", "a@", "a b@example.com", "x <y>", ""]
)
def test_what_mail_cannot_come_from_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"certiflow@example\.com"):
        environment.mail_address(wrong)
