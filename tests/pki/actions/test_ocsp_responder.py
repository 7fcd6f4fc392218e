"""The responder's certificate comes and is renewed by itself; statuses are the database's."""

from datetime import timedelta

import pytest
import time_machine
from cryptography import x509
from django.utils import timezone

from pki.actions import ocsp_responder
from pki.actions.actor import SYSTEM
from pki.actions.ocsp_responder import responder_of, statuses
from pki.actions.revocation import revoke
from pki.errors import Unavailable
from pki.models import Authority, Certificate
from pki.x509 import ocsp


def test_the_first_question_makes_a_responder(authority: Authority) -> None:
    responder = responder_of(authority.pk)
    certificate = responder.certificate
    certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING]
    assert responder.key.curve.name == "secp256r1"
    assert responder_of(authority.pk).certificate == certificate


def test_it_is_renewed_when_half_its_time_is_gone(authority: Authority) -> None:
    first = responder_of(authority.pk).certificate
    with time_machine.travel(timezone.now() + timedelta(days=14)):
        assert responder_of(authority.pk).certificate == first
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        second = responder_of(authority.pk).certificate
    assert second.not_valid_after_utc > first.not_valid_after_utc


def test_it_is_not_renewed_for_nothing_when_the_root_itself_ends(authority: Authority) -> None:
    end = authority.certificate.not_after
    with time_machine.travel(end - timedelta(days=10)):
        last = responder_of(authority.pk).certificate
        assert last.not_valid_after_utc == end
        assert responder_of(authority.pk).certificate == last
    with time_machine.travel(end - timedelta(days=1)):
        assert responder_of(authority.pk).certificate == last


def test_it_goes_on_when_its_renewal_fails(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = responder_of(authority.pk).certificate

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("The disk is full.", code="database.full")

    monkeypatch.setattr(ocsp_responder, "issue", fail)
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        assert responder_of(authority.pk).certificate == first
    with (
        time_machine.travel(timezone.now() + timedelta(days=31)),
        pytest.raises(Unavailable, match="full"),
    ):
        responder_of(authority.pk)


def test_who_is_second_says_that_it_takes_a_moment(authority: Authority) -> None:
    responder_of(authority.pk)
    Certificate.objects.filter(profile="ocsp-responder").update(state="prepared")
    with pytest.raises(Unavailable) as refused:
        responder_of(authority.pk)
    assert refused.value.code == "ocsp.no_responder"
    Certificate.objects.filter(profile="ocsp-responder").update(
        created_at=timezone.now() - timedelta(minutes=2)
    )
    # Who was first died.
    assert responder_of(authority.pk).certificate


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
