"""Which servers are renewed by themselves, when, and with which key."""

from datetime import timedelta

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.automatic_renewal import next_renewal, renew_due, set_renewal
from pki.actions.revocation import revoke
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.errors import Conflict, InvalidInput
from pki.jobs import KINDS
from pki.models import Authority, Certificate, Server
from pki.x509.keys import KeySpec

P256 = KeySpec.parse("ec-p256")


@pytest.fixture
def server(authority: Authority) -> Server:
    made = add_server("cm1.example.com", actor=SYSTEM)
    issue_for_server(made, actor=SYSTEM, key_spec=P256)
    return set_renewal(made, days=30, same_key=False, actor=SYSTEM)


def ahead(server: Server, days: float) -> time_machine.travel:
    """So many days before its certificate ends."""
    current = Server.objects.get(pk=server.pk).certificate
    assert current is not None
    return time_machine.travel(current.not_after - timedelta(days=days), tick=False)


def renewed() -> list[str]:
    return [each.server.fqdn for each in renew_due(timezone.now(), actor=SYSTEM)]


def test_it_is_renewed_once_when_its_time_has_come(server: Server) -> None:
    with ahead(server, 31):
        assert renewed() == []
    with ahead(server, 29):
        assert renewed() == ["cm1.example.com"]
        assert renewed() == []
    fresh = Server.objects.get()
    assert fresh.certificate is not None
    assert fresh.certificate.replaces is not None
    assert fresh.certificate.key_algorithm == "ec-p256"
    assert fresh.certificate.public_key_sha256 != fresh.certificate.replaces.public_key_sha256


def test_the_key_goes_on_where_that_is_wanted(server: Server) -> None:
    set_renewal(server, days=30, same_key=True, actor=SYSTEM)
    with ahead(server, 29):
        renewed()
    assert len(set(Certificate.objects.filter(server=server).values_list("public_key_sha256"))) == 1


def test_a_key_that_is_only_on_the_server_always_goes_on(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cm2.example.com")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    made = add_server("cm2.example.com", actor=SYSTEM)
    issue_for_server(made, actor=SYSTEM, csr=csr.public_bytes(serialization.Encoding.PEM))
    set_renewal(made, days=30, same_key=False, actor=SYSTEM)
    with ahead(made, 10):
        assert renewed() == ["cm2.example.com"]
    assert len(set(Certificate.objects.filter(server=made).values_list("public_key_sha256"))) == 1


def test_what_was_revoked_or_is_renewed_by_hand_is_left_alone(server: Server) -> None:
    set_renewal(server, days=None, same_key=False, actor=SYSTEM)
    with ahead(server, 1):
        assert renewed() == []
    set_renewal(server, days=30, same_key=False, actor=SYSTEM)
    current = Server.objects.get().certificate
    assert current is not None
    revoke(current, "superseded", actor=SYSTEM)
    with ahead(server, 1):
        assert renewed() == []
        assert next_renewal(Server.objects.get()) is None


def test_over_three_years_it_never_expires(server: Server) -> None:
    now = timezone.now()
    for days in range(0, 3 * 365, 7):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            KINDS["renewals"].work()
            current = Server.objects.get().certificate
            assert current is not None
            assert current.not_after > timezone.now() + timedelta(days=22)
    assert Certificate.objects.filter(server=server).count() == 3


def test_one_that_cannot_be_renewed_stops_no_other_and_is_told(server: Server) -> None:
    other = add_server("aa.example.com", actor=SYSTEM)
    issue_for_server(other, actor=SYSTEM, key_spec=P256)
    set_renewal(other, days=30, same_key=True, actor=SYSTEM)
    Certificate.objects.filter(server=other).update(private_key=None, source="imported")
    with ahead(server, 29), pytest.raises(Conflict, match=r"aa\.example\.com: The private key"):
        KINDS["renewals"].work()
    assert Certificate.objects.filter(server=server).count() == 2


@pytest.mark.parametrize("days", [0, -1, 199, 10**6])
def test_days_that_make_no_sense_are_refused(server: Server, days: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_renewal(server, days=days, same_key=False, actor=SYSTEM)
    assert refused.value.field == "days"
