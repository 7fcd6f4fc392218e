"""Reporting a key as known to others reaches all that is certified for it, in any order."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from cryptography import x509
from django.utils import timezone

from pki.actions import issuance
from pki.actions.actor import SYSTEM
from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.revocation import revoke
from pki.actions.revocation_lists import current_list, list_der
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.actions.trust import revoke_workstation, trust
from pki.errors import CertiflowError
from pki.models import AuditEvent, Authority, Certificate, Server, Workstation
from pki.x509.material import Material
from tests.attacks.test_a_keys import KEY, csr, foreign
from tests.pki import conftest as installation
from tests.pki.actions.evidence import refused
from tests.pki.conftest import Agent, Signed

administrator = installation.administrator
as_administrator = installation.as_administrator
confirmed = installation.confirmed
forgotten_attempts = installation.forgotten_attempts

REPORTED = ["keyCompromise", "cACompromise"]


@pytest.fixture
def first(server: Server) -> Certificate:
    return issue_for_server(server, actor=SYSTEM, csr=csr())


@pytest.fixture
def imported(server: Server) -> Certificate:
    return import_server_certificate(server, Material(foreign(), KEY), actor=SYSTEM)


def fresh(row: Certificate) -> Certificate:
    return Certificate.objects.get(pk=row.pk)


def current(server: Server) -> Certificate:
    found = Server.objects.select_related("certificate").get(pk=server.pk).certificate
    assert found is not None
    return found


def listed(authority: Authority) -> dict[int, str]:
    published = x509.load_der_x509_crl(list_der(current_list(authority.pk)))
    return {
        entry.serial_number: entry.extensions.get_extension_for_class(
            x509.CRLReason
        ).value.reason.value
        for entry in published
    }


def refuse_key_everywhere(server: Server) -> None:
    with refused("key.compromised", field="csr"):
        renew(server, actor=SYSTEM, expected=current(server), csr=csr())
    other = add_server("cm7.example.com", actor=SYSTEM)
    with refused("key.compromised", field="csr"):
        issue_for_server(other, actor=SYSTEM, csr=csr())


# --- more than one certificate for the key -----------------------------------------------


@pytest.mark.parametrize("reason", REPORTED)
def test_the_newer_certificate_with_the_same_key_goes_with_the_older(
    server: Server, first: Certificate, authority: Authority, reason: str
) -> None:
    newer = renew(server, actor=SYSTEM, expected=first, same_key=True)
    before = Authority.objects.get(pk=authority.pk).revocations

    revoke(first, reason, actor=SYSTEM)

    newer = fresh(newer)
    assert (newer.state, newer.revocation_reason) == ("revoked", reason)
    assert Authority.objects.get(pk=authority.pk).revocations == before + 2
    event = AuditEvent.objects.get(event="certificate.revoked", object_id=str(newer.pk))
    assert event.detail == {"reason": reason, "same_key_as": first.serial_number}
    assert listed(authority).keys() >= {
        int(first.serial_number, 16),
        int(newer.serial_number, 16),
    }


def test_for_another_reason_the_newer_one_stays(server: Server, first: Certificate) -> None:
    newer = renew(server, actor=SYSTEM, expected=first, same_key=True)
    revoke(first, "superseded", actor=SYSTEM)
    assert fresh(newer).state == "issued"


def test_a_certificate_that_is_being_signed_for_it_is_not_stored(
    server: Server, first: Certificate
) -> None:
    sign = issuance.issuing.issue

    def reported_meanwhile(*arguments: Any) -> Any:
        revoke(first, "keyCompromise", actor=SYSTEM)
        return sign(*arguments)

    with (
        mock.patch.object(issuance.issuing, "issue", reported_meanwhile),
        pytest.raises(CertiflowError) as caught,
    ):
        renew(server, actor=SYSTEM, expected=first, csr=csr())

    assert caught.value.code == "key.compromised"
    assert current(server) == first
    assert not Certificate.objects.filter(state__in=["prepared", "issued"], server=server).exists()
    assert Certificate.objects.filter(state="abandoned", server=server).count() == 1


def test_a_workstations_key_reaches_a_server_that_has_it_now(
    automatic_registration: None, server: Server
) -> None:
    """It left the workstation when its certificate was revoked for a harmless reason."""
    agent = Agent("pc-1")
    row = trust(agent.register().workstation, actor=SYSTEM)
    certificate = Certificate.objects.get(workstation=row)
    revoke_workstation(row, actor=SYSTEM, reason="Sold")
    moved = issue_for_server(server, actor=SYSTEM, csr=csr(agent.key))
    revoke(certificate, "keyCompromise", actor=SYSTEM)
    assert fresh(moved).state == "revoked"


def test_revoking_a_workstation_as_compromised_reaches_a_server_that_has_its_key(
    automatic_registration: None, server: Server
) -> None:
    agent = Agent("pc-1")
    row = trust(agent.register().workstation, actor=SYSTEM)
    Certificate.objects.filter(workstation=row).update(not_after=row.registered_at)
    moved = issue_for_server(server, actor=SYSTEM, csr=csr(agent.key))
    revoke_workstation(row, actor=SYSTEM, reason="Stolen", revocation_reason="keyCompromise")
    assert fresh(moved).state == "revoked"
    event = AuditEvent.objects.get(event="workstation.revoked")
    assert moved.serial_number in event.detail["certificates"]
    assert Workstation.objects.get(pk=row.pk).state == "revoked"


# --- revoked for another reason first -----------------------------------------------------


@pytest.mark.parametrize("reason", REPORTED)
def test_a_revoked_certificates_key_is_reported_afterwards(
    server: Server, first: Certificate, authority: Authority, reason: str
) -> None:
    revoked_at = revoke(first, "superseded", actor=SYSTEM).revoked_at
    listed(authority)

    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        revoke(first, reason, actor=SYSTEM)

    row = fresh(first)
    assert (row.revocation_reason, row.revoked_at) == (reason, revoked_at)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert listed(authority)[int(first.serial_number, 16)] == reason
    last = AuditEvent.objects.filter(event="certificate.key_reported").get()
    assert last.detail["before"] == "superseded"
    refuse_key_everywhere(server)
    for again in ("superseded", *REPORTED):
        with refused("certificate.already_revoked"):
            revoke(first, again, actor=SYSTEM)


def test_the_page_offers_to_report_a_revoked_certificates_key(
    first: Certificate, confirmed: Signed
) -> None:
    revoke(first, "superseded", actor=SYSTEM)
    assert "Report its key" in confirmed.get(first.get_absolute_url()).content.decode()
    confirmed.post(f"{first.get_absolute_url()}revoke/", {"reason": "keyCompromise", "sure": "on"})
    assert fresh(first).revocation_reason == "keyCompromise"
    assert "Report its key" not in confirmed.get(first.get_absolute_url()).content.decode()


# --- issued by another authority ----------------------------------------------------------


def test_the_key_of_a_foreign_certificate_can_be_reported(
    server: Server, imported: Certificate, authority: Authority
) -> None:
    with refused("certificate.not_ours"):
        revoke(imported, "superseded", actor=SYSTEM)
    before = Authority.objects.get(pk=authority.pk).revocations

    revoke(imported, "keyCompromise", actor=SYSTEM)

    assert fresh(imported).revocation_reason == "keyCompromise"
    assert Authority.objects.get(pk=authority.pk).revocations == before
    with refused("key.compromised", field="key"):
        renew(server, actor=SYSTEM, expected=current(server), same_key=True)
    refuse_key_everywhere(server)


def test_who_reports_a_foreign_certificates_key_is_told_to_tell_its_authority(
    imported: Certificate, confirmed: Signed
) -> None:
    address = imported.get_absolute_url()
    assert "Report its key" in confirmed.get(address).content.decode()
    page = confirmed.post(
        f"{address}revoke/", {"reason": "keyCompromise", "sure": "on"}, follow=True
    ).content.decode()
    assert "Tell the authority that issued it too" in page
