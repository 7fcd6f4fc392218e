"""`certiflow workstations`, `approve`, `deny`, `token` and `registration`."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from pki.errors import Conflict, InvalidInput, NotFound
from pki.models import Authority, Workstation
from tests.pki.conftest import Agent


def said(*arguments: str, **options: object) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_a_workstation_is_listed_approved_and_listed_again(workstation: Workstation) -> None:
    [listed] = json.loads(said("workstations", state="pending", json=True))
    assert listed["agent_id"] == "pc-1"
    assert listed["public_key_sha256"] == workstation.public_key_sha256
    assert "pc-1.example.com (pc-1) is approved" in said("approve", "pc-1")
    assert json.loads(said("workstations", state="pending", json=True)) == []
    assert "approved" in said("workstations")


def test_a_workstation_is_denied_by_its_number(workstation: Workstation) -> None:
    assert "is denied" in said("deny", str(workstation.pk), reason="Unknown")
    workstation.refresh_from_db()
    assert workstation.state == "denied"
    with pytest.raises(Conflict, match="is for workstations that are pending"):
        said("deny", "pc-1")


def test_a_workstation_nobody_knows_is_not_found(authority: Authority) -> None:
    with pytest.raises(NotFound, match="“certiflow workstations” lists them"):
        said("approve", "pc-77")


def test_two_machines_with_one_identifier_are_told_apart_by_number(
    workstation: Workstation,
) -> None:
    other = Agent("pc-1").register().workstation
    with pytest.raises(Conflict, match="2 machines come with the identifier pc-1"):
        said("approve", "pc-1")
    assert "is approved" in said("approve", str(other.pk))


def test_a_token_is_printed_and_works(authority: Authority) -> None:
    token = said("token", "Branch", automatic=True).strip()
    assert Agent("pc-1", token).register().certificate is not None
    with pytest.raises(InvalidInput, match="can be used 1 to"):
        said("token", "Branch", uses=0)


def test_registration_is_shown_and_chosen(authority: Authority) -> None:
    assert said("registration").startswith("token-only: ")
    assert said("registration", "open").startswith("open: ")
    assert Agent("pc-1").register().workstation.state == "pending"
