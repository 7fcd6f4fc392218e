"""What counts as one caller, and under which keys it is counted."""

import pytest

from pki.actions.counters import is_first, key_of, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        (None, "none"),
    ],
)
def test_a_line_is_one_caller(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_keys_are_short_and_plain_whatever_is_in_them() -> None:
    key = key_of("trail", "\ud800", "x" * 5000, "a b\n")
    assert len(key) < 50
    assert key.isprintable()
    assert " " not in key
    assert key_of("trail", "ab", "c") != key_of("trail", "a", "bc")


def test_the_first_one_is_told_once() -> None:
    assert is_first("tests", "one", seconds=60)
    assert not is_first("tests", "one", seconds=60)
    assert is_first("tests", "two", seconds=60)
