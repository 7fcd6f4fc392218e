"""One agent that asks many times at once, and one identity that two machines have."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from pki.actions import issuance
from pki.actions.actor import SYSTEM
from pki.actions.presence import keep_inventory
from pki.actions.workstation_certificates import renew_workstation
from pki.errors import CertiflowError
from pki.models import AuditEvent, Certificate, Workstation
from tests.pki import conftest as installation
from tests.pki.conftest import Agent, Signed, certificate_request

authority = installation.authority
administrator = installation.administrator
as_operator = installation.as_operator
as_viewer = installation.as_viewer
automatic_registration = installation.automatic_registration
trusted = installation.trusted
forgotten_attempts = installation.forgotten_attempts


@pytest.mark.parametrize("renewing", [False, True])
def test_a_twin_that_is_served_in_between_gets_the_same_certificate(
    automatic_registration: None, monkeypatch: pytest.MonkeyPatch, renewing: bool
) -> None:
    """Between the look at the current certificate and the reservation of the next one."""
    agent = Agent("pc-1")
    if renewing:
        agent.register()
        agent.key, agent.request = certificate_request("pc-1")

    def ask() -> Certificate | None:
        if not renewing:
            return agent.register().certificate
        row = Workstation.objects.select_related("certificate").get()
        return renew_workstation(row, agent.request, shown=shown, actor=SYSTEM)

    shown = Workstation.objects.get().certificate_id or 0 if renewing else 0
    reserve, served = issuance.reserve, []

    def slow(*arguments: Any) -> Certificate:
        if not served:
            served.append(None)
            served[0] = ask()
        return reserve(*arguments)

    monkeypatch.setattr(issuance, "reserve", slow)
    assert ask() == served[0]
    assert Certificate.objects.filter(state="issued").count() == (3 if renewing else 2)


@pytest.mark.django_db(transaction=True)
def test_eight_requests_of_one_agent_at_once_get_one_certificate(
    automatic_registration: None,
) -> None:
    agent, barrier, given = Agent("pc-1"), Barrier(8), []

    def ask() -> None:
        barrier.wait()
        for _ in range(50):
            try:
                certificate = agent.register().certificate
                given.append(certificate and certificate.pk)
                break
            except (CertiflowError, OperationalError):
                continue
        connection.close()

    threads = [Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(given) == 8
    assert len(set(given)) == 1
    assert Certificate.objects.filter(profile="workstation", state="issued").count() == 1


def told(row: Workstation, hostname: str, **inventory: str) -> None:
    keep_inventory(row.pk, hostname=hostname, os="Debian", agent_version="1.0", inventory=inventory)


def test_a_copied_machine_is_flagged_once_and_shown_everywhere(
    trusted: Workstation, as_operator: Signed
) -> None:
    for name in ("front-desk", "FRONT-DESK.example.com", "lab-3", "front-desk", "lab-3"):
        told(trusted, name)

    assert AuditEvent.objects.filter(event="workstation.alternates").count() == 1
    page = as_operator.get(f"/workstations/{trusted.pk}/").content.decode()
    assert "two machines seem to use this workstation" in page
    assert f"{trusted}</a>" in as_operator.get("/workstations/?flag=alternating").content.decode()
    assert "Two machines?" in as_operator.get("/workstations/").content.decode()
    assert "Two machines seem to use one certificate" in as_operator.get("/").content.decode()


def test_the_flag_is_dismissed_by_operators_and_comes_back_if_it_goes_on(
    trusted: Workstation, as_operator: Signed, as_viewer: Signed
) -> None:
    for name in ("front-desk", "lab-3", "front-desk"):
        told(trusted, name)
    address = f"/workstations/{trusted.pk}/dismiss/"
    assert as_viewer.post(address).status_code == 403
    assert as_operator.post(address).status_code == 302
    trusted.refresh_from_db()
    assert trusted.alternates_since is None
    assert AuditEvent.objects.filter(event="workstation.alternation_dismissed").count() == 1
    told(trusted, "lab-3")
    trusted.refresh_from_db()
    assert trusted.alternates_since is None, "a last change is no alternation"
    told(trusted, "front-desk")
    trusted.refresh_from_db()
    assert trusted.alternates_since is not None


def test_a_renamed_machine_and_one_named_back_days_later_are_not_flagged(
    trusted: Workstation,
) -> None:
    told(trusted, "front-desk")
    told(trusted, "reception")
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        told(trusted, "front-desk")
    trusted.refresh_from_db()
    assert trusted.alternates_since is None


def test_copies_with_one_name_differ_by_their_machine(trusted: Workstation) -> None:
    for machine in ("a1", "b2", "a1"):
        told(trusted, "image", machine_id=machine)
    trusted.refresh_from_db()
    assert trusted.alternates_since is not None
