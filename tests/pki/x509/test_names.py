"""What people type as a name is a DNS name afterwards, or refused in a sentence."""

import ipaddress

import pytest
from cryptography import x509
from hypothesis import example, given
from hypothesis import strategies as st

from pki.errors import InvalidInput
from pki.x509 import names
from tests.pki.x509.fuzzing import fuzzed, only_refusals
from tests.pki.x509.refusals import refused

LONG_LABEL = "a" * 63
#: 253 characters, the most RFC 1035 allows.
LONGEST = ".".join([LONG_LABEL, LONG_LABEL, LONG_LABEL, "a" * 61])


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cm1.example.com", "cm1.example.com"),
        ("  CM1.Example.COM\n", "cm1.example.com"),
        ("localhost", "localhost"),
        ("*.example.com", "*.example.com"),
        ("сервер.рф", "xn--b1afb6bcb.xn--p1ai"),
        ("*.пример.рф", "*.xn--e1afmkfd.xn--p1ai"),
        ("XN--B1AFB6BCB.xn--p1ai", "xn--b1afb6bcb.xn--p1ai"),
        ("cm1。example.com", "cm1.example.com"),
        ("3com.example", "3com.example"),
        (LONGEST, LONGEST),
    ],
)
def test_a_name_takes_the_form_that_certificates_hold(typed: str, name: str) -> None:
    assert names.dns_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("", "empty", "full DNS name"),
        ("   ", "empty", "full DNS name"),
        ("cm1 .example.com", "space", "has a space"),
        ("cm1.example.com cm2.example.com", "space", "one name"),
        ("10.0.0.5", "ip_address", "additional names"),
        ("2001:db8::1", "ip_address", "additional names"),
        ("[2001:db8::1]", "ip_address", "additional names"),
        ("cm1.example.com.", "trailing_dot", "without the dot"),
        ("*", "wildcard", "*.example.com"),
        ("*.com", "wildcard", "two labels"),
        ("*.*.example.com", "wildcard", "stands alone"),
        ("*.*.x", "wildcard", "stands alone"),
        ("cm*.example.com", "wildcard", "stands alone"),
        ("cm1.*.example.com", "wildcard", "at the beginning"),
        ("a" * 300, "too_long", "300 characters"),
        ("я" * 300, "too_long", "253"),
        (LONGEST + "a", "too_long", "254 characters"),
        ("*." + LONGEST, "too_long", "255 characters"),
        (LONG_LABEL + "a.example.com", "label_too_long", "63"),
        ("cm1..example.com", "empty_label", "two dots"),
        (".example.com", "empty_label", "begins with one"),
        ("cm_1.example.com", "underscore", "hyphen"),
        ("-cm1.example.com", "character", "Letters, digits"),
        ("cm1-.example.com", "character", "hyphens"),
        ("https://cm1.example.com/", "character", "Letters"),
        ("cm1.example.com:3003", "character", "Letters"),
        ("cm1\x00.example.com", "character", "Letters"),
        ("xn--a.example.com", "idna", "does not decode"),
        ("x\u200dy.example.com", "idna", "internationalised"),
        ("\ud800.example.com", "idna", "internationalised"),
        ("1.2.3", "digits", "IP address"),
        ("cm1.5", "digits", "IP address"),
        ("１.２.３.４", "digits", "IP address"),
    ],
)
def test_what_is_no_dns_name_is_refused_with_the_way_out(typed: str, code: str, words: str) -> None:
    with refused(f"name.{code}", "fqdn", words):
        names.dns_name(typed)


def test_a_very_long_input_is_shown_only_in_part() -> None:
    with pytest.raises(InvalidInput) as refusal:
        names.dns_name("a" * 100_000)
    assert len(refusal.value.message) < 300


name_like = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="aZ09-._*xn яß。 １\u200d", max_size=80),
    st.lists(st.text(alphabet="abя-0xn*_", max_size=70), max_size=6).map(".".join),
    st.from_regex(r"xn--[a-z0-9-]{0,40}\.com", fullmatch=True),
    st.text(alphabet="abcdefgh-123", max_size=40).map(lambda label: f"xn--{label}.example"),
)


@fuzzed
@given(name_like)
@example("xn--" + "9" * 59 + ".com")
def test_any_text_becomes_a_name_of_rfc_1035_or_is_refused(text: str) -> None:
    name = ""
    with only_refusals():
        name = names.dns_name(text)
    if not name:
        return
    assert names.dns_name(name) == name
    assert name.isascii()
    assert name == name.lower()
    assert len(name) <= 253
    assert all(1 <= len(label) <= 63 for label in name.split("."))
    assert x509.DNSName(name).value == name
    assert names.unicode_name(name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("10.0.0.5", "10.0.0.5"),
        (" [2001:DB8:0::1] ", "2001:db8::1"),
        ("CM2.example.com", "cm2.example.com"),
    ],
)
def test_an_additional_name_may_be_an_address(typed: str, name: str) -> None:
    assert names.alternative_name(typed) == name


@pytest.mark.parametrize("typed", ["fe80::1%eth0", "fe80::1%a b"])
def test_an_address_of_one_machines_interface_is_no_name(typed: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        names.alternative_name(typed)
    assert refusal.value.field == "additional_names"


def test_names_given_twice_are_taken_once_in_the_order_given() -> None:
    typed = ["b.example.com", "10.0.0.5", "B.EXAMPLE.com", "a.example.com", "10.0.0.5"]
    assert names.alternative_names(typed) == ["b.example.com", "10.0.0.5", "a.example.com"]


def test_more_names_than_clients_take_are_refused() -> None:
    assert len(names.alternative_names(f"cm{n}.example.com" for n in range(100))) == 100
    with refused("name.too_many", "additional_names", "101", "100"):
        names.alternative_names(f"cm{n}.example.com" for n in range(101))


def test_addresses_and_names_are_encoded_as_what_they_are() -> None:
    assert names.general_name("10.0.0.5") == x509.IPAddress(ipaddress.ip_address("10.0.0.5"))
    assert names.general_name("2001:db8::1") == x509.IPAddress(ipaddress.ip_address("2001:db8::1"))
    assert names.general_name("*.example.com") == x509.DNSName("*.example.com")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (x509.DNSName("cm1.example.com"), "cm1.example.com"),
        (x509.IPAddress(ipaddress.ip_address("10.0.0.5")), "10.0.0.5"),
        (x509.RFC822Name("a@example.com"), "email:a@example.com"),
        (x509.UniformResourceIdentifier("http://example.com/"), "URI:http://example.com/"),
        (
            x509.DirectoryName(x509.Name.from_rfc4514_string("CN=cm1")),
            "directory:CN=cm1",
        ),
        (x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x00"),
         "other:1.3.6.1.4.1.311.20.2.3"),
        (x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")),
         str(x509.ObjectIdentifier("1.2.3.4"))),
    ],
)  # fmt: skip
def test_names_of_every_kind_can_be_shown(name: x509.GeneralName, shown: str) -> None:
    assert names.display(name) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("xn--b1afb6bcb.xn--p1ai", "сервер.рф"),
        ("*.xn--e1afmkfd.xn--p1ai", "*.пример.рф"),
        ("cm1.example.com", "cm1.example.com"),
        ("ab--cd.example.com", "ab--cd.example.com"),
    ],
)
def test_people_see_a_name_in_its_own_letters(name: str, shown: str) -> None:
    assert names.unicode_name(name) == shown


@pytest.mark.parametrize("text", ["CM Agent CA", "a" * 64, "я" * 32, "  CM Agent CA  "])
def test_a_common_name_of_up_to_64_bytes_can_be_encoded(text: str) -> None:
    name = names.common_name(text)
    assert name == text.strip()
    assert x509.NameAttribute(x509.NameOID.COMMON_NAME, name).value == name


@pytest.mark.parametrize(
    ("text", "size"),
    [("", "0"), ("a" * 65, "65"), ("я" * 33, "66"), ("a\nb", "3"), ("a\ud800", "2")],
)
def test_a_common_name_that_cannot_be_encoded_is_refused(text: str, size: str) -> None:
    with refused("name.common_name", "common_name", "64", size):
        names.common_name(text)


def test_a_servers_name_must_fit_its_common_name() -> None:
    just = f"{'a' * 52}.example.com"
    assert len(just) == 64
    assert names.server_name(just) == just
    with refused("name.too_long_for_common_name", "fqdn", "65", "64", "RFC 5280"):
        names.server_name("a" + just)


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("cm1.example.com", "cm1.example.com", True),
        ("CM1.example.com", "cm1.Example.com", True),
        ("*.example.com", "cm1.example.com", True),
        ("*.example.com", "*.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.com", "*.example.com", False),
        ("cm2.example.com", "cm1.example.com", False),
        ("*.", "cm1", False),
        ("", "cm1", False),
    ],
)
def test_a_wildcard_stands_for_exactly_one_label(pattern: str, name: str, covered: bool) -> None:
    assert names.covers(pattern, name) is covered
