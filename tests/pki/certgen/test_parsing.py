"""Command lines: what the spellings mean, and how a wrong one is explained."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.certgen.options import OPTIONS, UsageError
from pki.certgen.parsing import parse


@pytest.mark.parametrize(
    "spelling",
    [
        ["/root", "/rootKeySize", "2048", "/sn", "a.b.c"],
        ["--ROOT", "--root-key-size=2048", "--SN=a.b.c"],
        ["-root", "/ROOTKEYSIZE:2048", "/Sn:a.b.c"],
        ["/root", "/rootkeysize=2048", "--sn", "a.b.c"],
    ],
)
def test_every_spelling_means_the_same(spelling: list[str]) -> None:
    options = parse(spelling)
    assert (options.root, options.root_key_size, options.server_name) == (True, 2048, "a.b.c")


@pytest.mark.parametrize("prefix", ["/", "--", "-"])
@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_is_known_by_every_prefix_in_any_case(option, prefix: str) -> None:
    for name in (option.name, option.name.upper(), *option.also):
        with contextlib.suppress(UsageError):
            parse([f"{prefix}{name}"])
        with pytest.raises(UsageError) as error:
            parse([f"{prefix}{name}", "/nonsense-that-nobody-knows"])
        assert f"no option “{name}" not in str(error.value)


def test_a_path_after_an_option_that_takes_one_is_a_value() -> None:
    options = parse(["/rootKey", "/tmp/x.json", "/ssl", "/sn", "a.b", "/out", "/root"])
    assert (options.root_key, options.out, options.root) == (
        Path("/tmp/x.json"), Path("/root"), False,
    )  # fmt: skip
    assert parse(["/root", "/out:C:\\certs=new"]).out == Path("C:\\certs=new")


def test_names_are_repeated_and_kept_in_order() -> None:
    assert parse(["/root", "/csn", "/san", "b", "--san=a"]).names == ["b", "a"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say what to make"),
        (["/ssl"], "needs the server's name"),
        (["/ssl", "/sn", "a"], "needs a root"),
        (["/rootKey", "f"], "Say what to make"),
        (["/root", "/rootKey", "f"], "either root"),
        (["/root", "/rootKey", "f", "/sn", "a"], "either root"),
        (["/root", "/sn", "a", "/csn"], "either sn or csn"),
        (["/root", "/sn", "a", "/sn", "b"], "sn is given twice"),
        (["/root", "/rootKeySize", "many"], "whole number"),
        (["/root", "/days", "-1"], "whole number"),
        (["/root", "/sn"], "sn needs a value"),
        (["/root", "/sn="], "sn needs a value"),
        (["/root", "/sn", "/installToStore"], "“/installToStore” is an option"),
        (["/root", "/csn", "/pwd", "--force"], "write --pwd=--force"),
        (["/root:yes"], "takes no value"),
        (["/root", "/pasword", "x"], "Did you mean --pwd"),
        (["/root", "/rotkeysize", "x"], "Did you mean --rootKeySize"),
        (["/root", "/zzzzzz"], "--help lists them"),
        (["root"], "“root” is no option"),
        (["/root", "/pwd", "a", "--pwd-stdin", "/sn", "a"], "either by pwd"),
        (["/root", "/san", "a"], "belongs to a server"),
        (["/root", "/pwd", "a"], "The root's password is root-pwd-stdin"),
        (["/root", "/pfx-legacy"], "belongs to a server"),
        (["/root", "/csn", "/pfx-legacy", "/pfx-modern"], "either pfx-modern"),
        (["/rootKey", "f", "/csn", "/rootKeySize", "4096"], "belongs to a new root"),
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str], sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(arguments)
    assert sentence in str(error.value)


def test_a_password_in_the_wrong_place_is_not_repeated() -> None:
    for option in ("--pwd-stdin", "--root-pwd-stdin"):
        with pytest.raises(UsageError) as error:
            parse(["/root", "/csn", option, "hunter2"])
        assert "hunter2" not in str(error.value)


@given(st.lists(st.text(max_size=20), max_size=6))
def test_no_command_line_breaks_the_reader(arguments: list[str]) -> None:
    with contextlib.suppress(UsageError):
        parse(arguments)
