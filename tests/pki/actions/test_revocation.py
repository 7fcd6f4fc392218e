"""Revoking: for good, with a reason that people and CRLs know."""

import pytest

from pki.actions.actor import Actor
from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.revocation import revoke
from pki.models import Authority, Certificate, Server
from pki.x509.material import Material
from tests.pki.actions import made_elsewhere
from tests.pki.actions.evidence import audited, refused
from tests.pki.actions.test_issuance import at_once


@pytest.mark.parametrize("reason", Certificate.RevocationReason.values)
def test_every_reason_on_offer_is_taken(
    reason: str, certificate: Certificate, server: Server, actor: Actor
) -> None:
    with audited("certificate.revoked") as events:
        revoked = revoke(certificate, reason, actor=actor)
    revoked.refresh_from_db()
    assert (revoked.state, revoked.revocation_reason) == ("revoked", reason)
    assert revoked.revoked_at is not None
    assert events[0].detail == {"reason": reason}
    # It stays the server's certificate until there is a new one: its page has to say so.
    assert Server.objects.get(pk=server.pk).certificate == certificate


@pytest.mark.parametrize("reason", ["", "key_compromise", "KEYCOMPROMISE", "x" * 500])
def test_another_reason_is_refused(reason: str, certificate: Certificate, actor: Actor) -> None:
    with refused("reason.unknown", field="reason") as refusal:
        revoke(certificate, reason, actor=actor)
    assert "keyCompromise" in refusal.value.message


def test_what_is_revoked_is_not_revoked_again(certificate: Certificate, actor: Actor) -> None:
    revoke(certificate, "superseded", actor=actor)
    with refused("certificate.already_revoked") as refusal:
        revoke(certificate, "unspecified", actor=actor)
    assert "give the reason keyCompromise" in refusal.value.message


@pytest.mark.django_db(transaction=True)
def test_of_two_who_revoke_at_once_one_gives_the_reason(
    certificate: Certificate, actor: Actor, other: Actor
) -> None:
    results = at_once(
        lambda: revoke(certificate, "superseded", actor=actor),
        lambda: revoke(certificate, "unspecified", actor=other),
    )
    [winner] = [result for result in results if isinstance(result, Certificate)]
    stored = Certificate.objects.get(pk=certificate.pk)
    assert stored.revocation_reason == winner.revocation_reason


@pytest.mark.parametrize("state", ["prepared", "abandoned"])
def test_what_was_never_issued_cannot_be_revoked(
    state: str, certificate: Certificate, actor: Actor
) -> None:
    Certificate.objects.filter(pk=certificate.pk).update(state=state)
    with refused("certificate.not_issued"):
        revoke(certificate, "superseded", actor=actor)


def test_a_certificate_of_another_authority_is_not_ours_to_revoke(
    server: Server, actor: Actor
) -> None:
    key = made_elsewhere.new_key()
    foreign = made_elsewhere.certificate(
        "cm1.example.com", ("cm1.example.com",), key=key,
        issuer=made_elsewhere.root(key=key), issuer_key=key,
    )  # fmt: skip
    imported = import_server_certificate(server, Material(foreign), actor=actor)
    with refused("certificate.not_ours"):
        revoke(imported, "superseded", actor=actor)


def test_a_root_does_not_revoke_itself(root: Authority, actor: Actor) -> None:
    with refused("certificate.is_root"):
        revoke(root.certificate, "superseded", actor=actor)
