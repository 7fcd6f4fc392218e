"""Servers: added with a name that certificates can hold, and changed."""

import pytest

from pki.actions.actor import Actor
from pki.actions.servers import add_server, change_server
from pki.models import Certificate, Server
from tests.pki.actions.evidence import audited, refused


def test_a_server_is_added_under_its_canonical_name(actor: Actor) -> None:
    with audited("server.added") as events:
        server = add_server(
            " CM1.Example.COM ",
            actor=actor,
            additional_names=["10.0.0.5", "cm1.example.com", "CM.example.com", "cm.example.com"],
            comment="  first floor  ",
        )
    assert server.fqdn == "cm1.example.com"
    assert server.additional_names == ["10.0.0.5", "cm.example.com"]
    assert server.comment == "first floor"
    assert events[0].object_label == "cm1.example.com"


def test_cyrillic_becomes_an_international_name(actor: Actor) -> None:
    # Python's own codec, which our code does not use, is the judge.
    expected = "сервер.example.com".encode("idna").decode()
    assert add_server("Сервер.example.com", actor=actor).fqdn == expected


@pytest.mark.parametrize(
    ("fqdn", "code"),
    [
        ("", "name.empty"),
        ("   ", "name.empty"),
        ("cm 1.example.com", "name.space"),
        ("a." * 150 + "com", "name.too_long"),
        ("a" * 40 + "." + "b" * 40 + ".com", "name.too_long_for_common_name"),
        ("a" * 64 + ".com", "name.label_too_long"),
        ("cm1.example.com.", "name.trailing_dot"),
        ("cm_1.example.com", "name.underscore"),
        ("*", "name.wildcard"),
        ("*.com", "name.wildcard"),
        ("*.*.example.com", "name.wildcard"),
        ("cm*.example.com", "name.wildcard"),
        ("10.0.0.5", "name.ip_address"),
        ("[::1]", "name.ip_address"),
        ("cm1..example.com", "name.empty_label"),
        ("-cm.example.com", "name.character"),
        ("cm1/example.com", "name.character"),
        ("cm1\0.example.com", "name.character"),
        ("xn--a.example.com", "name.idna"),
        ("1.2.3", "name.digits"),
    ],
)
def test_a_name_that_no_certificate_can_hold_is_refused(fqdn: str, code: str, actor: Actor) -> None:
    with refused(code, field="fqdn"):
        add_server(fqdn, actor=actor)


def test_a_server_is_added_once(server: Server, actor: Actor) -> None:
    with refused("server.exists", field="fqdn"):
        add_server("CM1.example.com", actor=actor)


def test_additional_names_are_checked_as_well(server: Server, actor: Actor) -> None:
    with refused("name.underscore", field="additional_names"):
        add_server("cm2.example.com", actor=actor, additional_names=["a_b.example.com"])
    with refused("name.too_many", field="additional_names"):
        change_server(
            server, actor=actor, additional_names=[f"n{n}.example.com" for n in range(101)],
            comment="",
        )  # fmt: skip


def test_a_change_is_written_down_and_leaves_the_certificate_as_it_is(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    before = Certificate.objects.filter(pk=certificate.pk).values().get()
    with audited("server.changed") as events:
        changed = change_server(
            server, actor=actor, additional_names=["10.0.0.5"], comment="second floor"
        )
    assert (changed.additional_names, changed.comment) == (["10.0.0.5"], "second floor")
    assert events[0].detail == {"before": ["cm.example.com"], "additional_names": ["10.0.0.5"]}
    assert changed.certificate == certificate
    assert Certificate.objects.filter(pk=certificate.pk).values().get() == before


def test_a_long_comment_is_cut(server: Server, actor: Actor) -> None:
    changed = change_server(server, actor=actor, additional_names=[], comment="x" * 5000)
    assert changed.comment == "x" * 500
