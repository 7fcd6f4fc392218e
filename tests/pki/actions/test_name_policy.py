"""Choosing which names are permitted, and what becomes of the servers that have others."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.automatic_renewal import renew_due, set_renewal
from pki.actions.confirmations import AS_BEFORE
from pki.actions.name_policy import change_name_policy, current_name_policy, not_accepted, outside
from pki.actions.server_certificates import issue_for_server, renew, renew_alike
from pki.actions.servers import add_server, change_server
from pki.models import Authority, Certificate, Server
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited, refused

SHELL = Actor(name="root", door="command")


def test_it_is_open_until_set() -> None:
    assert current_name_policy().is_open


def test_a_change_is_written_down(server: Server) -> None:
    with audited("names.policy_changed") as events:
        change_name_policy(["Example.com", "10.0.0.0/8"], actor=SHELL)
    assert current_name_policy().entries == ["example.com", "10.0.0.0/8"]
    assert events[0].detail == {
        "permitted": ["example.com", "10.0.0.0/8"], "before": [], "names_outside": [],
        "renewed_all_the_same": True,
    }  # fmt: skip


def test_only_administrators_change_it(actor: Actor) -> None:
    with refused("access.role"):
        change_name_policy(["example.com"], actor=actor)


def test_servers_outside_a_new_policy_go_on_renewing_unless_that_is_not_wanted(
    certificate: Certificate, server: Server
) -> None:
    change_name_policy(["example.org"], actor=SHELL, keep_existing=False)
    assert [row.name for row in outside(current_name_policy())] == server_names(server)
    assert not_accepted(current_name_policy()) == [server]
    with refused("name.outside_policy"):
        renew_alike(server, expected=certificate, actor=SYSTEM, confirmed=AS_BEFORE)
    change_name_policy(["example.org"], actor=SHELL)
    assert not_accepted(current_name_policy()) == []
    assert renew_alike(server, expected=certificate, actor=SYSTEM, confirmed=AS_BEFORE)


def server_names(server: Server) -> list[str]:
    return sorted([server.fqdn, *server.additional_names])


def test_what_was_accepted_is_not_accepted_for_a_further_name(
    certificate: Certificate, server: Server, fresh: object
) -> None:
    change_name_policy(["example.org"], actor=SHELL)
    set_renewal(server, days=30, same_key=False, actor=SHELL)
    change_name_policy([], actor=SHELL)
    change_server(server, actor=SHELL, additional_names=["login.example.net"], comment="")
    change_name_policy(["example.org"], actor=SHELL, keep_existing=False)
    with time_machine.travel(certificate.not_after - timedelta(days=3)):
        [result] = list(renew_due(timezone.now(), actor=SYSTEM))
    assert "login.example.net lies outside the name policy" in result.reason


@pytest.mark.parametrize("door", ["dashboard", "agent", "est"])
def test_nobody_but_an_administrator_issues_outside(
    root: Authority, server: Server, door: str
) -> None:
    change_name_policy(["example.org"], actor=SHELL)
    with refused("name.outside_policy", field="fqdn"):
        issue_for_server(server, actor=Actor(name="eve", door=door), key_spec=P256)


def test_a_tightened_policy_holds_for_the_next_renewal_by_hand(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    change_name_policy(["example.org"], actor=SHELL)
    with refused("name.outside_policy", field="fqdn"):
        renew(server, expected=certificate, actor=actor, key_spec=P256)
    with audited("names.accepted", "certificate.renewed"):
        renew(server, expected=certificate, actor=SHELL, key_spec=P256)


def test_a_comment_may_be_changed_on_a_server_that_lies_outside(
    server: Server, actor: Actor
) -> None:
    change_name_policy(["example.org"], actor=SHELL)
    change_server(server, actor=actor, additional_names=["cm.example.com"], comment="first floor")
    with refused("name.outside_policy", field="additional_names"):
        change_server(server, actor=actor, additional_names=["cm9.example.com"], comment="")


def test_names_within_are_for_every_operator(root: Authority, actor: Actor) -> None:
    change_name_policy(["example.com", "10.0.0.0/8"], actor=SHELL)
    server = add_server("cm5.example.com", actor=actor, additional_names=["10.1.2.3"])
    assert issue_for_server(server, actor=actor, key_spec=P256).state == "issued"
