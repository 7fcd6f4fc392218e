"""What is prepared is what is signed, and it says what its profile demands."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from pki.errors import Conflict
from pki.x509 import issuing, keys
from pki.x509.issuing import CertificateRequest
from pki.x509.profiles import ISSUING, OCSP_RESPONDER, SERVER, WORKSTATION
from tests.pki.x509.refusals import refused

E = TypeVar("E", bound=x509.ExtensionType)

Ec = ec.EllipticCurvePrivateKey


def found(certificate: x509.Certificate, kind: type[E]) -> x509.Extension[E]:
    return certificate.extensions.get_extension_for_class(kind)


def usages(certificate: x509.Certificate) -> set[str]:
    value = found(certificate, x509.KeyUsage).value
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign",
    )  # fmt: skip
    return {name for name in names if getattr(value, name)}


def kinds(certificate: x509.Certificate) -> dict[str, bool]:
    return {extension.oid._name: extension.critical for extension in certificate.extensions}


def issue(
    request: CertificateRequest,
    issuer: x509.Certificate,
    key: keys.PrivateKey,
    now: datetime,
) -> x509.Certificate:
    return issuing.issue(issuing.prepare(request, issuer, now=now), key)


def test_a_root_is_an_authority_without_limits_or_surplus(p384_key: Ec, now: datetime) -> None:
    root = issuing.root("CM Agent CA", p384_key, now=now)
    assert root.subject == root.issuer == x509.Name.from_rfc4514_string("CN=CM Agent CA")
    assert kinds(root) == {
        "basicConstraints": True,
        "keyUsage": True,
        "subjectKeyIdentifier": False,
    }
    assert found(root, x509.BasicConstraints).value == x509.BasicConstraints(True, None)
    assert usages(root) == {"key_cert_sign", "crl_sign"}
    assert root.version is x509.Version.v3
    root.verify_directly_issued_by(root)


def test_an_issuing_authority_may_not_make_further_authorities(
    p256_key: Ec, p384_key: Ec, root: x509.Certificate, now: datetime
) -> None:
    request = CertificateRequest(ISSUING, "CM Issuing CA", p256_key.public_key())
    certificate = issue(request, root, p384_key, now)
    assert found(certificate, x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    assert found(certificate, x509.BasicConstraints).critical
    assert usages(certificate) == {"key_cert_sign", "crl_sign"}


def test_a_server_has_its_name_its_addresses_and_its_purpose(
    server_certificate: x509.Certificate, root: x509.Certificate
) -> None:
    names = found(server_certificate, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["cm1.example.com"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.5"]
    common = server_certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [attribute.value for attribute in common] == ["cm1.example.com"]
    purposes = found(server_certificate, x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert usages(server_certificate) == {"digital_signature", "key_encipherment"}
    assert kinds(server_certificate) == {
        "keyUsage": True,
        "extendedKeyUsage": False,
        "subjectAltName": False,
        "subjectKeyIdentifier": False,
        "authorityKeyIdentifier": False,
        "authorityInfoAccess": False,
        "cRLDistributionPoints": False,
    }
    server_certificate.verify_directly_issued_by(root)


def test_addresses_of_the_issuer_are_written_where_clients_look(
    server_certificate: x509.Certificate,
) -> None:
    access = found(server_certificate, x509.AuthorityInformationAccess).value
    assert {one.access_method: one.access_location.value for one in access} == {
        AuthorityInformationAccessOID.OCSP: "http://pki.example.com/ocsp/",
        AuthorityInformationAccessOID.CA_ISSUERS: "http://pki.example.com/pki/1.cer",
    }
    (point,) = found(server_certificate, x509.CRLDistributionPoints).value
    assert point.full_name == [x509.UniformResourceIdentifier("http://pki.example.com/pki/1.crl")]
    assert point.reasons is point.crl_issuer is None


def test_without_addresses_there_are_no_empty_extensions(
    p256_key: Ec, p384_key: Ec, root: x509.Certificate, now: datetime
) -> None:
    request = CertificateRequest(
        SERVER, "cm1.example.com", p256_key.public_key(), ("cm1.example.com",)
    )
    certificate = issue(request, root, p384_key, now)
    assert not {"authorityInfoAccess", "cRLDistributionPoints"} & set(kinds(certificate))


def test_an_elliptic_key_is_not_for_encipherment(
    p256_key: Ec, p384_key: Ec, root: x509.Certificate, now: datetime
) -> None:
    request = CertificateRequest(
        SERVER, "cm1.example.com", p256_key.public_key(), ("cm1.example.com",)
    )
    assert usages(issue(request, root, p384_key, now)) == {"digital_signature"}


@pytest.mark.parametrize("fixture", ["rsa_key", "p256_key", "ed25519_key"])
def test_a_workstation_is_a_client_only(
    fixture: str,
    request: pytest.FixtureRequest,
    p384_key: Ec,
    root: x509.Certificate,
    now: datetime,
) -> None:
    key: keys.PrivateKey = request.getfixturevalue(fixture)
    wanted = CertificateRequest(WORKSTATION, "7f1d2e", key.public_key())
    certificate = issue(wanted, root, p384_key, now)
    assert list(found(certificate, x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    assert usages(certificate) == {"digital_signature"}
    assert "subjectAltName" not in kinds(certificate)


def test_an_ocsp_responder_is_not_asked_about_itself(
    p256_key: Ec, p384_key: Ec, root: x509.Certificate, now: datetime
) -> None:
    wanted = CertificateRequest(OCSP_RESPONDER, "OCSP", p256_key.public_key())
    certificate = issue(wanted, root, p384_key, now)
    assert list(found(certificate, x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.OCSP_SIGNING
    ]
    assert not found(certificate, x509.OCSPNoCheck).critical


def test_identifiers_link_a_certificate_to_its_issuer(
    server_certificate: x509.Certificate, root: x509.Certificate
) -> None:
    identifier = found(server_certificate, x509.AuthorityKeyIdentifier).value
    assert identifier.key_identifier == found(root, x509.SubjectKeyIdentifier).value.digest
    assert identifier.authority_cert_issuer is identifier.authority_cert_serial_number is None


def test_an_issuer_without_an_identifier_gets_one_from_its_key(
    p256_key: Ec, p384_key: Ec, now: datetime
) -> None:
    name = x509.Name.from_rfc4514_string("CN=Old Root")
    old = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(p384_key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=900))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(p384_key, hashes.SHA256())
    )  # fmt: skip
    wanted = CertificateRequest(WORKSTATION, "7f1d2e", p256_key.public_key())
    identifier = found(issue(wanted, old, p384_key, now), x509.AuthorityKeyIdentifier).value
    expected = x509.SubjectKeyIdentifier.from_public_key(p384_key.public_key())
    assert identifier.key_identifier == expected.digest


def test_serial_numbers_are_positive_random_and_short_enough() -> None:
    made = [issuing.new_serial_number() for _ in range(2000)]
    assert len(set(made)) == len(made)
    assert all(0 < serial < 1 << 159 for serial in made)
    # Bits 0 to 150 are each set about half of the time; 600 is far outside what chance does.
    for bit in range(150):
        assert 600 < sum(serial >> bit & 1 for serial in made) < 1400


def test_a_reserved_serial_number_is_the_one_signed(
    p256_key: Ec, p384_key: Ec, root: x509.Certificate, now: datetime
) -> None:
    wanted = CertificateRequest(WORKSTATION, "7f1d2e", p256_key.public_key())
    prepared = issuing.prepare(wanted, root, now=now, serial_number=0x123456789ABCDEF0)
    certificate = issuing.issue(prepared, p384_key)
    assert certificate.serial_number == prepared.serial_number == 0x123456789ABCDEF0


def test_what_was_prepared_is_what_was_signed(
    p256_key: Ec, p384_key: Ec, root: x509.Certificate, now: datetime
) -> None:
    wanted = CertificateRequest(WORKSTATION, "7f1d2e", p256_key.public_key())
    prepared = issuing.prepare(wanted, root, now=now)
    certificate = issuing.issue(prepared, p384_key)
    assert certificate.serial_number == prepared.serial_number
    assert certificate.subject == prepared.subject
    assert certificate.issuer == prepared.issuer_name == root.subject
    assert certificate.not_valid_before_utc == prepared.not_before
    assert certificate.not_valid_after_utc == prepared.not_after


@pytest.mark.parametrize("fixture", ["p256_key", "p384_key", "rsa_key"])
def test_a_certificate_signed_by_the_wrong_key_never_leaves(
    fixture: str,
    request: pytest.FixtureRequest,
    p256_key: Ec,
    root: x509.Certificate,
    now: datetime,
) -> None:
    wrong = {
        "p256_key": p256_key,
        "p384_key": ec.generate_private_key(ec.SECP384R1()),
        "rsa_key": request.getfixturevalue("rsa_key"),
    }[fixture]
    wanted = CertificateRequest(WORKSTATION, "7f1d2e", p256_key.public_key())
    prepared = issuing.prepare(wanted, root, now=now)
    with pytest.raises((InvalidSignature, ValueError, TypeError)):
        issuing.issue(prepared, wrong)


@pytest.mark.parametrize(
    ("fixture", "algorithm"),
    [("rsa_key", hashes.SHA256), ("p256_key", hashes.SHA256), ("p384_key", hashes.SHA384)],
)
def test_the_hash_is_as_strong_as_the_key(
    fixture: str, algorithm: type, request: pytest.FixtureRequest, now: datetime
) -> None:
    root = issuing.root("CM Agent CA", request.getfixturevalue(fixture), now=now)
    assert isinstance(root.signature_hash_algorithm, algorithm)


def test_ed25519_brings_its_own_hash(ed25519_key: ed25519.Ed25519PrivateKey) -> None:
    assert issuing.signature_hash(ed25519_key) is None


@pytest.mark.parametrize(
    ("profile", "days"), [(SERVER, 397), (WORKSTATION, 365), (OCSP_RESPONDER, 30)]
)
def test_both_ends_of_a_lifetime_count(
    profile: issuing.Profile,
    days: int,
    p256_key: Ec,
    root: x509.Certificate,
    now: datetime,
) -> None:
    """A certificate one second longer than clients accept is refused by them."""
    wanted = CertificateRequest(profile, "cm1", p256_key.public_key())
    prepared = issuing.prepare(wanted, root, now=now)
    assert prepared.not_after - prepared.not_before == timedelta(days=days, seconds=-1)
    assert prepared.not_before < now < prepared.not_after


def test_validity_begins_before_now_in_whole_seconds_of_utc(
    p256_key: Ec, root: x509.Certificate, now: datetime
) -> None:
    wanted = CertificateRequest(WORKSTATION, "7f1d2e", p256_key.public_key())
    elsewhere = now.astimezone(timezone(timedelta(hours=5, minutes=45)))
    prepared = issuing.prepare(wanted, root, now=elsewhere)
    assert prepared.not_before == now.replace(microsecond=0) - timedelta(minutes=5)
    assert prepared.not_before.tzinfo is UTC


def test_what_a_new_root_signs_at_once_does_not_begin_before_it(
    p256_key: Ec, p384_key: Ec, now: datetime
) -> None:
    root = issuing.root("CM Agent CA", p384_key, now=now)
    wanted = CertificateRequest(SERVER, "cm1.example.com", p256_key.public_key())
    assert issuing.prepare(wanted, root, now=now).not_before > root.not_valid_before_utc
    clock_back = now - timedelta(minutes=58)
    assert issuing.prepare(wanted, root, now=clock_back).not_before == root.not_valid_before_utc


def test_nothing_outlives_its_issuer(p256_key: Ec, root: x509.Certificate) -> None:
    last_year = root.not_valid_after_utc - timedelta(days=100)
    wanted = CertificateRequest(SERVER, "cm1.example.com", p256_key.public_key())
    assert issuing.prepare(wanted, root, now=last_year).not_after == root.not_valid_after_utc
    explicit = CertificateRequest(
        SERVER, "cm1.example.com", p256_key.public_key(), lifetime=timedelta(days=101)
    )
    with refused("lifetime.beyond_issuer", "days", "101 days", "100 days"):
        issuing.prepare(explicit, root, now=last_year)
    proposed = CertificateRequest(
        SERVER, "cm1.example.com", p256_key.public_key(), lifetime=timedelta(days=100)
    )
    issuing.prepare(proposed, root, now=last_year)


def test_an_expired_or_future_authority_signs_nothing(p256_key: Ec, root: x509.Certificate) -> None:
    wanted = CertificateRequest(SERVER, "cm1.example.com", p256_key.public_key())
    for moment in (
        root.not_valid_after_utc + timedelta(seconds=1),
        root.not_valid_before_utc - timedelta(seconds=1),
    ):
        with refused("authority.expired", "", "clock", "new", by=Conflict):
            issuing.prepare(wanted, root, now=moment)


def test_key_and_lifetime_are_checked_before_anything_is_built(
    rsa_key: rsa.RSAPrivateKey,
    weak_key: rsa.RSAPrivateKey,
    ed25519_key: ed25519.Ed25519PrivateKey,
    root: x509.Certificate,
    now: datetime,
) -> None:
    def prepare(key: keys.PrivateKey, days: int, allow_weak: bool = False) -> issuing.Prepared:
        request = CertificateRequest(
            SERVER,
            "cm1.example.com",
            key.public_key(),
            lifetime=timedelta(days=days),
            allow_weak_key=allow_weak,
        )
        return issuing.prepare(request, root, now=now)

    with refused("key.too_small", "key", "1024", "2048 to 4096"):
        prepare(weak_key, 30)
    with refused("key.not_for_profile", "key", "Ed25519"):
        prepare(ed25519_key, 30)
    with refused("lifetime.too_short", "days", "one day"):
        prepare(rsa_key, 0)
    with refused("lifetime.too_long", "days", "826", "825"):
        prepare(rsa_key, 826)
    assert prepare(weak_key, 30, allow_weak=True).serial_number > 0


def test_a_root_may_have_a_name_in_any_script(p256_key: Ec, now: datetime) -> None:
    root = issuing.root("Корневой центр", p256_key, now=now)
    assert root.subject.rfc4514_string() == "CN=Корневой центр"
    with refused("name.common_name", "common_name", "64"):
        issuing.root("я" * 33, p256_key, now=now)
    with refused("lifetime.too_long", "days", "10,950"):
        issuing.root("CM Agent CA", p256_key, now=now, lifetime=timedelta(days=31 * 365))


@pytest.mark.parametrize("host", ["cm1.example.com", "10.0.0.5", "2001:db8::1", "localhost"])
def test_a_site_without_an_authority_answers_with_a_certificate_for_its_name(
    host: str, p256_key: Ec, now: datetime
) -> None:
    certificate = issuing.temporary_certificate(host, p256_key, now=now)
    names = found(certificate, x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == [host]
    assert "basicConstraints" not in kinds(certificate)
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime <= timedelta(days=30)


def test_a_long_host_name_still_gets_a_temporary_certificate(p256_key: Ec, now: datetime) -> None:
    host = f"{'a' * 60}.example.com"
    certificate = issuing.temporary_certificate(host, p256_key, now=now)
    names = found(certificate, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [host]


def test_a_cross_certificate_is_the_other_roots_own_name_and_key(
    p384_key: Ec, p256_key: Ec, now: datetime
) -> None:
    old = issuing.root("CM Agent CA", p384_key, now=now - timedelta(days=5))
    new = issuing.root("CM Agent CA G2", p256_key, now=now)
    crossed = issue(issuing.cross_request(new), old, p384_key, now)
    assert (crossed.subject, crossed.issuer) == (new.subject, old.subject)
    assert kinds(crossed) == {
        "basicConstraints": True,
        "keyUsage": True,
        "subjectKeyIdentifier": False,
        "authorityKeyIdentifier": False,
    }
    assert usages(crossed) == {"key_cert_sign", "crl_sign"}
    own = found(new, x509.SubjectKeyIdentifier).value
    assert found(crossed, x509.SubjectKeyIdentifier).value == own
    issuer_id = found(crossed, x509.AuthorityKeyIdentifier).value.key_identifier
    assert issuer_id == found(old, x509.SubjectKeyIdentifier).value.digest
    # Neither begins before both nor goes on after one of them.
    assert crossed.not_valid_before_utc == new.not_valid_before_utc
    assert crossed.not_valid_after_utc == old.not_valid_after_utc
    back = issue(issuing.cross_request(old), new, p256_key, now)
    assert back.not_valid_after_utc == old.not_valid_after_utc
    assert back.not_valid_before_utc == new.not_valid_before_utc


def test_a_cross_certificate_keeps_a_name_and_an_identifier_made_elsewhere(
    p384_key: Ec, p256_key: Ec, now: datetime
) -> None:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Their Root"),
        ]
    )
    elsewhere = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(p384_key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=900))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(b"theirs"), critical=False)
        .sign(p384_key, hashes.SHA256())
    )
    new = issuing.root("CM Agent CA G2", p256_key, now=now)
    crossed = issue(issuing.cross_request(elsewhere), new, p256_key, now)
    assert crossed.subject == name
    assert found(crossed, x509.SubjectKeyIdentifier).value.digest == b"theirs"
    assert crossed.not_valid_after_utc == elsewhere.not_valid_after_utc
