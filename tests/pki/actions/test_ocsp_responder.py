"""The responder's certificate is made and renewed by the clock; statuses are the database's."""

from datetime import timedelta

import pytest
import time_machine
from cryptography import x509
from django.utils import timezone

from pki.actions import ocsp_responder
from pki.actions.actor import SYSTEM
from pki.actions.key_ring import current_ring
from pki.actions.ocsp_responder import renew_responder, responder_of, statuses
from pki.actions.revocation import revoke
from pki.errors import Conflict, Unavailable
from pki.models import Authority, Certificate, PrivateKey
from pki.vault import sealing
from pki.x509 import ocsp


def renewed(authority: Authority) -> x509.Certificate:
    """The responder's certificate after the clock came by."""
    renew_responder(authority.pk)
    return responder_of(authority.pk).certificate


def test_the_clock_makes_a_responder_and_a_question_does_not(authority: Authority) -> None:
    with pytest.raises(Unavailable) as refused:
        responder_of(authority.pk)
    assert refused.value.code == "ocsp.no_responder"
    certificate = renewed(authority)
    certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING]
    assert responder_of(authority.pk).key.curve.name == "secp256r1"
    assert renewed(authority) == certificate


def test_its_key_is_sealed_under_keys_of_its_own(authority: Authority) -> None:
    renew_responder(authority.pk)
    row = PrivateKey.objects.get(certificates__profile="ocsp-responder")
    master, responders = current_ring(), current_ring().for_responders()
    assert row.sealed_under == responders.first.id
    assert sealing.open_sealed(bytes(row.sealed), row.associated_data, responders)
    for other, ring in ((row, master), (authority.private_key, responders)):
        with pytest.raises(Unavailable):
            sealing.open_sealed(bytes(other.sealed), other.associated_data, ring)


def test_one_of_an_older_version_is_followed_by_one_that_the_public_site_opens(
    authority: Authority,
) -> None:
    renew_responder(authority.pk)
    PrivateKey.objects.filter(certificates__profile="ocsp-responder").update(ring="master")
    with pytest.raises(Unavailable):
        responder_of(authority.pk)
    assert renewed(authority)


def test_one_that_does_not_open_is_followed_by_another(authority: Authority) -> None:
    first = renewed(authority)
    PrivateKey.objects.filter(certificates__profile="ocsp-responder").update(sealed=b"damaged")
    assert renewed(authority) != first


def test_it_is_renewed_when_half_its_time_is_gone(authority: Authority) -> None:
    first = renewed(authority)
    with time_machine.travel(timezone.now() + timedelta(days=14)):
        assert renewed(authority) == first
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        second = renewed(authority)
    assert second.not_valid_after_utc > first.not_valid_after_utc


def test_it_is_not_renewed_for_nothing_when_the_root_itself_ends(authority: Authority) -> None:
    end = authority.certificate.not_after
    with time_machine.travel(end - timedelta(days=10)):
        last = renewed(authority)
        assert last.not_valid_after_utc == end
        assert renewed(authority) == last
    with time_machine.travel(end - timedelta(days=1)):
        assert renewed(authority) == last


def test_it_goes_on_when_its_renewal_fails(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = renewed(authority)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("The disk is full.", code="database.full")

    monkeypatch.setattr(ocsp_responder, "issue", fail)
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        assert renewed(authority) == first
    with (
        time_machine.travel(timezone.now() + timedelta(days=31)),
        pytest.raises(Unavailable, match="full"),
    ):
        renew_responder(authority.pk)


def test_one_whose_process_died_is_made_again(authority: Authority) -> None:
    renew_responder(authority.pk)
    Certificate.objects.filter(profile="ocsp-responder").update(state="prepared")
    with pytest.raises(Conflict):
        renew_responder(authority.pk)
    Certificate.objects.filter(profile="ocsp-responder").update(
        created_at=timezone.now() - timedelta(minutes=2)
    )
    assert renewed(authority)


def test_statuses_are_what_became_of_each(authority: Authority, issued: Certificate) -> None:
    abandoned = Certificate.objects.get(pk=issued.pk)
    abandoned.pk, abandoned.serial_number, abandoned.sha256 = None, "abc", ""
    abandoned.state = Certificate.State.ABANDONED
    abandoned.save()
    number = int(issued.serial_number, 16)
    assert statuses(authority.pk, [number, 0xABC, 0xABD]) == {
        number: ocsp.GOOD,
        0xABC: ocsp.UNKNOWN,
        0xABD: ocsp.UNKNOWN,
    }
    row = revoke(issued, "superseded", actor=SYSTEM)
    assert statuses(authority.pk, [number]) == {
        number: ocsp.Status(True, row.revoked_at, "superseded")
    }
