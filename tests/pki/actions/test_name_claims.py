"""A name belongs to one server, whoever else asks at the same moment."""

from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps

from pki.actions.actor import Actor
from pki.actions.confirmations import Confirmations
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server, change_server
from pki.errors import CertiflowError, Forbidden
from pki.models import Authority, Server, ServerName
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited, refused
from tests.pki.actions.test_issuance import at_once

SHELL = Actor(name="root", door="command")
SHARED = Confirmations(shared=True)


def names_of(server: Server) -> set[tuple[str, bool]]:
    return set(ServerName.objects.filter(server=server).values_list("name", "shared"))


def test_a_server_has_the_names_it_was_given_last(server: Server, actor: Actor) -> None:
    assert names_of(server) == {("cm1.example.com", False), ("cm.example.com", False)}
    change_server(server, actor=actor, additional_names=["10.0.0.5"], comment="")
    assert names_of(server) == {("cm1.example.com", False), ("10.0.0.5", False)}
    add_server("cm2.example.com", actor=actor, additional_names=["cm.example.com"])


@pytest.mark.parametrize(
    ("fqdn", "others", "field"),
    [
        ("cm.example.com", [], "fqdn"),
        ("*.example.com", [], "fqdn"),
        ("cm2.example.com", ["CM.example.com"], "additional_names"),
        ("cm2.example.com", ["10.0.0.5", "*.example.com"], "additional_names"),
    ],
)
def test_what_another_server_has_or_covers_is_taken(
    server: Server, actor: Actor, fqdn: str, others: list[str], field: str
) -> None:
    with refused("name.taken", field=field):
        add_server(fqdn, actor=actor, additional_names=others)
    with refused("name.taken", field=field):
        add_server(fqdn, actor=SHELL, additional_names=others)


def test_a_wildcard_stands_for_one_label(server: Server, actor: Actor) -> None:
    add_server("*.example.net", actor=actor)
    add_server("a.b.example.net", actor=actor)
    add_server("example.net", actor=actor)
    with refused("name.taken", field="fqdn"):
        add_server("a.example.net", actor=actor)


def test_an_operators_word_does_not_make_it_shared(server: Server, actor: Actor) -> None:
    with refused("name.taken", field="additional_names"):
        add_server(
            "cm2.example.com", actor=actor, additional_names=["cm.example.com"], confirmed=SHARED
        )


def test_both_are_marked_once_an_administrator_says_so(server: Server) -> None:
    with audited("names.shared", "server.added"):
        other = add_server(
            "cm2.example.com", actor=SHELL, additional_names=["cm.example.com"], confirmed=SHARED
        )
    assert ("cm.example.com", True) in names_of(server)
    assert ("cm.example.com", True) in names_of(other)


def test_a_comment_needs_no_confirmation_again(server: Server, actor: Actor) -> None:
    add_server(
        "cm2.example.com", actor=SHELL, additional_names=["cm.example.com"], confirmed=SHARED
    )
    change_server(server, actor=actor, additional_names=["cm.example.com"], comment="first floor")


def test_names_that_were_changed_meanwhile_are_not_issued_for(
    root: Authority, server: Server, actor: Actor
) -> None:
    seen = Server.objects.get(pk=server.pk)
    change_server(server, actor=actor, additional_names=[], comment="")
    with refused("server.names_changed"):
        issue_for_server(seen, actor=actor, key_spec=P256)


def test_a_row_without_claims_gets_them_with_its_certificate(root: Authority, actor: Actor) -> None:
    first = Server.objects.create(fqdn="a.example.com", additional_names=["c.example.com"])
    second = Server.objects.create(fqdn="b.example.com", additional_names=["c.example.com"])
    issue_for_server(first, actor=actor, key_spec=P256)
    assert names_of(first) == {("a.example.com", False), ("c.example.com", False)}
    with refused("name.taken", field="additional_names"):
        issue_for_server(second, actor=actor, key_spec=P256)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["www.example.com", "*.example.com"])
def test_of_several_who_want_a_name_at_once_exactly_one_gets_it(actor: Actor, other: str) -> None:
    def wanting(number: int) -> Callable[[], object]:
        name = "www.example.com" if number % 2 else other

        def attempt() -> object:
            try:
                return add_server(f"cm{number}.example.net", actor=actor, additional_names=[name])
            except Forbidden as refusal:
                return refusal

        return attempt

    results = at_once(*(wanting(number) for number in range(6)))
    assert sum(isinstance(result, Server) for result in results) == 1
    assert {r.code for r in results if isinstance(r, CertiflowError)} == {"name.taken"}
    assert Server.objects.count() == 1


def test_servers_of_an_earlier_release_keep_their_names(root: Authority) -> None:

    Server.objects.create(fqdn="a.example.com", additional_names=["c.example.com", "10.0.0.5"])
    Server.objects.create(fqdn="b.example.com", additional_names=["c.example.com"])
    Server.objects.create(fqdn="*.example.org", additional_names=[])
    Server.objects.create(fqdn="x.example.org", additional_names=["example.org"])
    import_module("pki.migrations.0015_names").claim_names(apps, None)
    assert set(ServerName.objects.values_list("server__fqdn", "name", "shared")) == {
        ("a.example.com", "a.example.com", False),
        ("a.example.com", "c.example.com", True),
        ("a.example.com", "10.0.0.5", False),
        ("b.example.com", "b.example.com", False),
        ("b.example.com", "c.example.com", True),
        ("*.example.org", "*.example.org", True),
        ("x.example.org", "x.example.org", True),
        ("x.example.org", "example.org", False),
    }
