"""`certiflow permit` and `setup --permit`: the name policy from a shell."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from pki.actions.actor import SYSTEM
from pki.actions.name_policy import current_name_policy
from pki.actions.servers import add_server
from pki.errors import InvalidInput
from pki.models import AuditEvent, Authority
from tests.pki.management.conftest import HOST, PASSWORD, SETUP, Shell


def permit(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("permit", *arguments, stdout=out, **options)
    return out.getvalue()


def test_it_shows_sets_and_opens(authority: Authority) -> None:
    assert "Every name is permitted" in permit()
    assert "  example.com\n  10.0.0.0/8\n" in permit("example.com", "10.0.0.0/8")
    assert permit() == "Permitted:\n  example.com\n  10.0.0.0/8\n"
    assert "Every name is permitted" in permit("--open")
    events = AuditEvent.objects.filter(event="names.policy_changed")
    assert {event.door for event in events} == {"command"}


def test_it_says_which_servers_lie_outside(authority: Authority) -> None:
    add_server("cm1.example.org", actor=SYSTEM, additional_names=["alias.example.org"])
    said = permit("example.com", "--refuse-existing")
    assert "Outside: cm1.example.org, does not renew automatically\n" in said
    assert "Outside: alias.example.org of cm1.example.org, does not renew automatically" in said
    said = permit("example.com")
    assert "Outside: cm1.example.org, renews automatically" in said
    [first, _] = json.loads(permit("--json"))["outside"]
    assert first["server"] == "cm1.example.org"
    assert first["accepted_by"]


def test_a_mistake_changes_nothing(authority: Authority) -> None:
    permit("example.com")
    with pytest.raises(InvalidInput, match="is a public suffix"):
        permit("example.org", "co.uk")
    assert current_name_policy().entries == ["example.com"]


def test_setting_up_permits_what_is_named_and_names_what_was_wrong(new_shell: Shell) -> None:
    password = f"{PASSWORD}\n"
    assert "public suffix" in new_shell.refused(*SETUP, "--permit", "com", stdin=password)
    names = ("--permit", "example.com", "10.0.0.0/8", "--permit", "example.net")
    said = new_shell.done(*SETUP, "--server", "cm1.example.com", *names, stdin=password)
    assert "Operators issue for example.com, example.net, 10.0.0.0/8 only." in said
    again = new_shell.document("setup", "--admin", "alice")
    assert again["permitted"] == ["example.com", "example.net", "10.0.0.0/8"]
    assert new_shell.document("permit")["outside"] == [], f"{HOST} is this host's own"
