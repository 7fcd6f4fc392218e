"""When a new revocation list is signed, and what stands in it."""

from datetime import timedelta

import pytest
import time_machine
from cryptography import x509
from django.utils import timezone

from pki.actions import revocation_lists
from pki.actions.actor import SYSTEM
from pki.actions.revocation import revoke
from pki.actions.revocation_lists import current_list, list_der
from pki.actions.trust import revoke_workstation
from pki.errors import CertiflowError
from pki.models import AuditEvent, Authority, Certificate, RevocationList, Workstation


def serials(row: RevocationList) -> set[int]:
    return {revoked.serial_number for revoked in x509.load_der_x509_crl(list_der(row))}


def number(certificate: Certificate) -> int:
    return int(certificate.serial_number, 16)


def test_the_first_question_gets_a_signed_list(authority: Authority) -> None:
    row = current_list(authority.pk)
    assert (row.number, row.entries, serials(row)) == (1, 0, set())
    assert AuditEvent.objects.filter(event="revocation_list.signed").count() == 1


def test_nothing_is_signed_while_the_list_says_everything(authority: Authority) -> None:
    assert [current_list(authority.pk).number for _ in range(3)] == [1, 1, 1]


def test_a_revoked_certificate_stands_on_the_next_list(
    authority: Authority, issued: Certificate
) -> None:
    current_list(authority.pk)
    revoke(issued, "keyCompromise", actor=SYSTEM)
    row = current_list(authority.pk)
    assert (row.number, row.entries, serials(row)) == (2, 1, {number(issued)})
    [entry] = x509.load_der_x509_crl(list_der(row))
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise


def test_a_revoked_workstations_certificates_stand_on_the_next_list(
    authority: Authority, trusted: Workstation
) -> None:
    current_list(authority.pk)
    assert trusted.certificate is not None
    revoke_workstation(trusted, actor=SYSTEM, reason="stolen")
    assert serials(current_list(authority.pk)) == {number(trusted.certificate)}


def test_a_list_is_followed_when_half_its_time_is_gone(authority: Authority) -> None:
    first = current_list(authority.pk)
    with time_machine.travel(timezone.now() + timedelta(days=3, hours=11)):
        assert current_list(authority.pk).number == 1
    with time_machine.travel(timezone.now() + timedelta(days=3, hours=13)):
        second = current_list(authority.pk)
    assert second.number == 2
    assert second.this_update is not None
    assert first.next_update is not None
    assert second.this_update < first.next_update


def test_an_expired_certificate_stays_listed_for_one_more_list(
    authority: Authority, issued: Certificate
) -> None:
    revoke(issued, "superseded", actor=SYSTEM)
    with time_machine.travel(issued.not_after + timedelta(days=6)):
        assert serials(current_list(authority.pk)) == {number(issued)}
    with time_machine.travel(issued.not_after + timedelta(days=15)):
        assert serials(current_list(authority.pk)) == set()


def test_while_another_process_builds_the_last_list_goes_on(
    authority: Authority, issued: Certificate
) -> None:
    current_list(authority.pk)
    revoke(issued, "superseded", actor=SYSTEM)
    RevocationList.objects.update(building_since=timezone.now())
    assert current_list(authority.pk).number == 1
    # Its builder died.
    RevocationList.objects.update(building_since=timezone.now() - timedelta(minutes=6))
    assert current_list(authority.pk).number == 2


def test_two_builders_publish_one_list(
    authority: Authority, issued: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one finds that its number is taken, and hands out the other's list."""
    stale, revocations = revocation_lists.known_list(authority.pk)
    faster = revocation_lists.sign_next(stale, revocations, actor=SYSTEM)
    der = list_der(faster)
    slower = revocation_lists.sign_next(stale, revocations, actor=SYSTEM)
    assert (slower.number, list_der(slower)) == (1, der)
    assert AuditEvent.objects.filter(event="revocation_list.signed").count() == 1


def test_a_failed_signature_leaves_the_work_to_the_next(
    authority: Authority, settings: object
) -> None:
    key = authority.private_key
    sealed, key.sealed = bytes(key.sealed), b"damaged"
    key.save()
    with pytest.raises(CertiflowError):
        current_list(authority.pk)
    key.sealed = sealed
    key.save()
    assert current_list(authority.pk).number == 1


def test_a_long_list_rests_between_two_signatures(
    authority: Authority, issued: Certificate
) -> None:
    current_list(authority.pk)
    RevocationList.objects.update(entries=1_000_000)
    revoke(issued, "superseded", actor=SYSTEM)
    with time_machine.travel(timezone.now() + timedelta(seconds=90)):
        assert current_list(authority.pk).number == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=110)):
        assert current_list(authority.pk).number == 2
