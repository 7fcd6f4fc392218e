"""A workstation says of its certificate what that says, from its issuance to its revocation."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.certificate_row import parsed
from pki.actions.revocation import revoke
from pki.actions.trust import reinstate, revoke_workstation
from pki.actions.workstation_certificates import renew_workstation
from pki.agent_site.lifetimes import due_for_renewal
from pki.models import Certificate, Workstation
from pki.models.workstation import Standing
from tests.pki.conftest import certificate_request


def fresh(row: Workstation) -> Workstation:
    return Workstation.objects.select_related("certificate").get(pk=row.pk)


def standing(row: Workstation) -> Standing:
    return fresh(row).standing(timezone.now())


def renewed(row: Workstation) -> Certificate:
    row = fresh(row)
    assert row.certificate is not None
    _, request = certificate_request(row.agent_id)
    return renew_workstation(row, request, shown=row.certificate.pk, actor=SYSTEM)


def test_a_new_one_is_the_first_then_due_then_expired(trusted: Workstation) -> None:
    row = fresh(trusted)
    certificate = row.certificate
    assert certificate is not None
    assert row.expires_at == certificate.not_after
    assert standing(trusted) == Standing.FIRST
    third = (certificate.not_after - certificate.not_before) / 3
    for at, expected in (
        (certificate.not_after - third - timedelta(seconds=1), Standing.FIRST),
        (certificate.not_after - third + timedelta(seconds=1), Standing.DUE),
        (certificate.not_after - timedelta(seconds=1), Standing.DUE),
        (certificate.not_after, Standing.EXPIRED),
    ):
        assert row.standing(at) == expected


def test_it_is_due_when_its_agent_is_told_to_renew(trusted: Workstation) -> None:
    row = fresh(trusted)
    assert row.certificate is not None
    assert row.renewal_due_at is not None
    shown = parsed(row.certificate)
    for seconds in (-1, 1):
        at = row.renewal_due_at + timedelta(seconds=seconds)
        assert due_for_renewal(shown, at) == (row.standing(at) == Standing.DUE)


def test_renewing_is_seen_with_its_time(trusted: Workstation) -> None:
    due = fresh(trusted).renewal_due_at
    assert due is not None
    with time_machine.travel(due + timedelta(days=1), tick=False):
        assert standing(trusted) == Standing.DUE
        new = renewed(trusted)
        assert standing(trusted) == Standing.RENEWED
        row = fresh(trusted)
        assert (row.renewed_at, row.expires_at) == (timezone.now(), new.not_after)


@pytest.mark.parametrize("by", ["workstation", "certificate"])
def test_a_revoked_certificate_says_nothing_any_more(trusted: Workstation, by: str) -> None:
    current = renewed(trusted)
    if by == "workstation":
        revoke_workstation(fresh(trusted), actor=SYSTEM, reason="Stolen")
    else:
        revoke(current, "superseded", actor=SYSTEM)
    row = fresh(trusted)
    assert row.standing(timezone.now()) == Standing.NONE
    assert (row.expires_at, row.renewal_due_at, row.renewed_at) == (None, None, None)


def test_the_certificate_before_may_be_revoked_and_nothing_changes(trusted: Workstation) -> None:
    before = fresh(trusted).certificate
    assert before is not None
    renewed(trusted)
    revoke(before, "superseded", actor=SYSTEM)
    assert standing(trusted) == Standing.RENEWED


def test_a_reinstated_one_has_none_until_its_agent_comes(trusted: Workstation) -> None:
    row = revoke_workstation(fresh(trusted), actor=SYSTEM, reason="Lost")
    back = reinstate(row, actor=SYSTEM, reason="Found").workstation
    assert standing(back) == Standing.NONE


def test_installations_from_before_are_filled_in(trusted: Workstation) -> None:
    renewed(trusted)
    columns = ("expires_at", "renewal_due_at", "renewed_at")
    before = Workstation.objects.values_list(*columns).get()
    Workstation.objects.update(**dict.fromkeys(columns))
    import_module("pki.migrations.0013_overview").fill_in(apps, None)
    after = Workstation.objects.values_list(*columns).get()
    assert after[:2] == before[:2]
    assert abs(after[2] - before[2]) < timedelta(seconds=5)
