"""Certificates from elsewhere are judged rule by rule, and roots before they are taken in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given

from pki.x509 import bundles, checks, facts, issuing
from pki.x509.profiles import ISSUING, WORKSTATION
from tests.pki.actions import made_elsewhere
from tests.pki.x509.fuzzing import damage, damaged, fuzzed, only_refusals
from tests.pki.x509.refusals import refused

Ec = ec.EllipticCurvePrivateKey
FQDN = "cm1.example.com"


@pytest.fixture
def today() -> datetime:
    """Certificates made elsewhere are valid from yesterday."""
    return datetime.now(UTC)


def verdicts(certificate: x509.Certificate) -> list[bool]:
    judged = checks.server_verdicts(certificate, FQDN)
    assert all(verdict.rule and verdict.detail.endswith(".") for verdict in judged)
    return [verdict.ok for verdict in judged]


def test_our_own_roots_and_those_of_others_are_taken(
    root: x509.Certificate, rsa_key: rsa.RSAPrivateKey, now: datetime, today: datetime
) -> None:
    checks.check_authority(root, now=now)
    checks.check_authority(made_elsewhere.root(key=rsa_key), now=today)


def test_a_server_certificate_is_no_authority(
    server_certificate: x509.Certificate, now: datetime
) -> None:
    with refused("authority.not_a_ca", "files", FQDN, "CM Agent CA"):
        checks.check_authority(server_certificate, now=now)


def test_an_authority_whose_key_usage_forbids_signing_is_refused(
    p256_key: Ec, today: datetime
) -> None:
    certificate = made_elsewhere.root(key=p256_key, cert_sign=False)
    with refused("authority.cannot_sign", "files", "key usage"):
        checks.check_authority(certificate, now=today)


def test_an_intermediate_is_not_a_root(
    root: x509.Certificate, p256_key: Ec, p384_key: Ec, now: datetime
) -> None:
    request = issuing.CertificateRequest(ISSUING, "CM Issuing CA", p256_key.public_key())
    intermediate = issuing.issue(issuing.prepare(request, root, now=now), p384_key)
    with refused("authority.not_a_root", "files", "CM Issuing CA", "issued by “CN=CM Agent CA”"):
        checks.check_authority(intermediate, now=now)


def test_a_root_whose_signature_is_broken_is_refused(root: x509.Certificate, now: datetime) -> None:
    der = bytearray(bundles.der(root))
    der[-1] ^= 1
    with refused("authority.not_a_root", "files"):
        checks.check_authority(x509.load_der_x509_certificate(bytes(der)), now=now)


def test_an_expired_root_is_refused_with_its_date(root: x509.Certificate) -> None:
    end = root.not_valid_after_utc
    checks.check_authority(root, now=end - timedelta(seconds=1))
    with refused("authority.expired", "files", f"{end:%Y-%m-%d}", "Create a new root"):
        checks.check_authority(root, now=end + timedelta(seconds=1))


def test_a_root_of_the_future_is_refused_with_its_date(root: x509.Certificate) -> None:
    start = root.not_valid_before_utc
    with refused("authority.not_yet_valid", "files", f"{start:%Y-%m-%d}", "clock"):
        checks.check_authority(root, now=start - timedelta(seconds=1))


def test_a_root_with_a_weak_or_unknown_key_is_refused(
    weak_key: rsa.RSAPrivateKey, p521_key: Ec, today: datetime
) -> None:
    with refused("key.too_small", "files", "1024", "2048 to 8192"):
        checks.check_authority(made_elsewhere.root(key=weak_key), now=today)
    with refused("key.unsupported", "files", "P-384"):
        checks.check_authority(made_elsewhere.root(key=p521_key), now=today)


def test_our_server_certificate_meets_all_three_rules(
    server_certificate: x509.Certificate,
) -> None:
    assert verdicts(server_certificate) == [True, True, True]


@pytest.fixture
def foreign(p256_key: Ec, p384_key: Ec) -> Any:
    issuer = made_elsewhere.root(key=p384_key)

    def make(common_name: str, *names: str, server_auth: bool = True) -> x509.Certificate:
        return made_elsewhere.certificate(
            common_name, names, key=p256_key, issuer=issuer, issuer_key=p384_key,
            server_auth=server_auth,
        )  # fmt: skip

    return make


def test_each_rule_is_judged_by_itself(foreign: Any) -> None:
    assert verdicts(foreign("CM1.Example.com", "*.example.com")) == [True, True, True]
    assert verdicts(foreign("other.example.com", FQDN)) == [False, True, True]
    assert verdicts(foreign(FQDN, "other.example.com")) == [True, False, True]
    assert verdicts(foreign(FQDN, "*.cm1.example.com")) == [True, False, True]
    assert verdicts(foreign(FQDN, FQDN, server_auth=False)) == [True, True, False]
    assert verdicts(foreign("", server_auth=False)) == [False, False, False]


def test_a_verdict_says_what_was_found_and_what_is_needed(
    foreign: Any, p256_key: Ec, p384_key: Ec, root: x509.Certificate, now: datetime
) -> None:
    common, names, usage = checks.server_verdicts(
        foreign("other.example.com", "a.example.com", "b.example.com", server_auth=False), FQDN
    )
    assert common.detail == f"It is other.example.com, and {FQDN} is needed."
    assert names.detail == f"They are a.example.com, b.example.com; none of them stands for {FQDN}."
    assert usage.detail == "There is no extended key usage; serverAuth is needed."
    common, names, _ = checks.server_verdicts(foreign(""), FQDN)
    assert common.detail == f"There is none, and {FQDN} is needed."
    assert "no longer read the common name" in names.detail
    request = issuing.CertificateRequest(WORKSTATION, FQDN, p256_key.public_key())
    client = issuing.issue(issuing.prepare(request, root, now=now), p384_key)
    usage = checks.server_verdicts(client, FQDN)[2]
    assert usage.detail == "It is for TLS client (clientAuth); serverAuth is needed."


def test_a_signature_is_checked_and_not_only_the_name(
    server_certificate: x509.Certificate,
    root: x509.Certificate,
    p256_key: Ec,
    rsa_key: rsa.RSAPrivateKey,
    now: datetime,
) -> None:
    assert checks.signed_by(server_certificate, root)
    assert not checks.signed_by(root, server_certificate)
    for key in (p256_key, rsa_key, ec.generate_private_key(ec.SECP384R1())):
        assert not checks.signed_by(server_certificate, issuing.root("CM Agent CA", key, now=now))


@fuzzed
@given(changes=damage())
def test_a_damaged_certificate_is_judged_or_refused_and_nothing_worse(
    changes: list[tuple[str, int, bytes]],
    server_certificate: x509.Certificate,
    root: x509.Certificate,
    now: datetime,
) -> None:
    for original in (server_certificate, root):
        with only_refusals():
            certificate = bundles.load_certificate(damaged(bundles.der(original), changes))
            verdicts(certificate)
            checks.signed_by(certificate, root)
            facts.describe(certificate)
            checks.check_authority(certificate, now=now)
