"""Permitted suffixes and networks, and the suffixes nobody owns."""

import subprocess
import sys

import pytest

from pki.errors import InvalidInput
from pki.x509.name_policy import NamePolicy, check_never_permitted, parse, proposal

POLICY = parse(["example.com", "*.Corp", "10.0.0.0/8", "2001:db8::/32", "192.0.2.7"])


@pytest.mark.parametrize(
    "name",
    [
        "example.com", "cm1.example.com", "a.b.example.com", "*.example.com", "corp", "cm.corp",
        "10.255.0.1", "192.0.2.7", "2001:db8::5", "::ffff:a01:203",
    ],
)  # fmt: skip
def test_a_suffix_permits_itself_and_what_is_below_and_a_network_its_addresses(name: str) -> None:
    assert POLICY.permits(name)


@pytest.mark.parametrize(
    "name",
    [
        "example.org", "notexample.com", "example.com.evil.org", "com", "*.com", "11.0.0.1",
        "192.0.2.8", "2001:db9::1", "::ffff:b00:1",
    ],
)  # fmt: skip
def test_everything_else_lies_outside(name: str) -> None:
    assert POLICY.outside(["example.com", name]) == [name]


def test_without_an_entry_everything_is_permitted() -> None:
    assert NamePolicy().is_open
    assert NamePolicy().outside(["login.example.org", "8.8.8.8"]) == []


def test_names_alone_permit_no_address() -> None:
    assert parse(["example.com"]).outside(["10.0.0.5"]) == ["10.0.0.5"]


def test_entries_are_kept_in_one_form() -> None:
    policy = parse([" .Example.COM ", "*.example.com", "пример.рф", "10.1.2.3/8"])
    assert policy.entries == ["example.com", "xn--e1afmkfd.xn--p1ai", "10.0.0.0/8"]
    assert parse(policy.entries) == policy


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("com", "policy.public_suffix"),
        ("*.co.uk", "policy.public_suffix"),
        ("github.io", "policy.public_suffix"),
        ("10.0.0.0/33", "policy.network"),
        ("example.com/24", "policy.network"),
        ("a b", "name.space"),
        ("", "name.empty"),
        ("a.*.example.com", "name.wildcard"),
    ],
)
def test_what_permits_too_much_or_nothing_is_refused(entry: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse([entry])
    assert (refusal.value.code, refusal.value.field) == (code, "permitted")


def test_there_is_an_end_to_the_entries() -> None:
    with pytest.raises(InvalidInput, match="takes 200"):
        parse([f"d{n}.example.com" for n in range(201)])


@pytest.mark.parametrize("name", ["co.uk", "*.co.uk", "*.github.io", "com", "*.xn--p1ai"])
def test_a_public_suffix_is_never_permitted(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_never_permitted(["example.co.uk", name], fqdn="example.co.uk")
    assert (refusal.value.code, refusal.value.field) == ("name.public_suffix", "additional_names")


def test_names_of_ones_own_are_no_public_suffixes() -> None:
    check_never_permitted(
        ["example.co.uk", "*.example.co.uk", "*.corp.local", "certiflow", "10.0.0.5", "::1"]
    )


@pytest.mark.parametrize(
    ("host", "proposed"),
    [
        ("admin.example.com", ["example.com"]),
        ("ca.int.example.co.uk", ["example.co.uk"]),
        ("ca.corp.local", ["corp.local"]),
        ("localhost", []),
    ],
)
def test_this_hosts_domain_is_proposed(host: str, proposed: list[str]) -> None:
    assert proposal(host) == proposed


def test_the_list_is_read_when_it_is_needed_and_not_before() -> None:
    program = (
        "import pki.x509.name_policy, pki.x509.public_suffixes as p; "
        "assert p.suffix_list.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
