"""The one place that builds and signs certificates (RFC 5280, section 4).

In two steps: *prepare* decides every field and builds what would be signed, *issue*
signs exactly that. Between the two the caller can store what is about to exist.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from pki.errors import Conflict, InvalidInput
from pki.x509 import facts, keys, name_constraints, names
from pki.x509.profiles import CROSS, ROOT, SERVER, Profile


@dataclass(frozen=True)
class CertificateRequest:
    """What a certificate is to say; ``names`` are checked texts of `pki.x509.names`."""

    profile: Profile
    common_name: str
    public_key: keys.PublicKey
    names: tuple[str, ...] = ()
    #: None: the profile's, or as long as the issuer if that ends earlier.
    lifetime: timedelta | None = None
    allow_weak_key: bool = False
    #: Of an authority that gets another certificate: its name, its key's identifier and its
    #: dates go on, whoever made them.
    own_certificate: x509.Certificate | None = None
    #: Of a root: the names it may certify; of another authority its own ones go on.
    constraints: x509.NameConstraints | None = None


@dataclass(frozen=True)
class Addresses:
    """Where others find the issuer's certificate and its revocations; empty: not written."""

    ca_issuers: str = ""
    crl: str = ""
    ocsp: str = ""


@dataclass(frozen=True)
class Prepared:
    """A certificate that has every field and lacks only its signature."""

    builder: x509.CertificateBuilder
    issuer: x509.Certificate | None
    serial_number: int
    subject: x509.Name
    issuer_name: x509.Name
    not_before: datetime
    not_after: datetime


def new_serial_number() -> int:
    """Positive, 159 random bits."""
    return x509.random_serial_number()


def prepare(
    request: CertificateRequest,
    issuer: x509.Certificate | None,
    *,
    now: datetime,
    serial_number: int | None = None,
    addresses: Addresses = Addresses(),
) -> Prepared:
    """Everything of the certificate but the signature; without ``issuer`` it is self-signed.

    ``now`` is aware. Raises InvalidInput on the fields ``key``, ``days``, ``names`` and
    ``common_name``, and Conflict ``authority.expired`` or ``authority.constraints`` when the
    issuer cannot sign now.
    """
    request.profile.check_key(keys.spec_of(request.public_key), allow_weak=request.allow_weak_key)
    not_before, not_after = validity(request, issuer, now)
    own = request.own_certificate
    subject = own.subject if own else distinguished_name(request.common_name)
    issuer_name = issuer.subject if issuer else subject
    if issuer is not None:
        refuse_outside_names(request, subject, issuer)
    serial = serial_number or new_serial_number()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(request.public_key)
        .serial_number(serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    builder = with_usages(builder, request)
    builder = with_identifiers(builder, request, issuer)
    builder = with_addresses(builder, addresses)
    return Prepared(builder, issuer, serial, subject, issuer_name, not_before, not_after)


def refuse_outside_names(
    request: CertificateRequest, subject: x509.Name, issuer: x509.Certificate
) -> None:
    """Names the issuer may not certify; also a common name that clients read as a DNS name."""
    wanted = [names.general_name(name) for name in request.names]
    of_host = names.DNS_LIKE.fullmatch(request.common_name) and not request.profile.is_authority
    if of_host and not any(isinstance(name, x509.DNSName) for name in wanted):
        wanted.append(x509.DNSName(request.common_name))
    name_constraints.refuse_outside(
        name_constraints.constraints_of(issuer),
        subject,
        wanted,
        field="names" if request.names else "common_name",
    )


def issue(prepared: Prepared, key: keys.PrivateKey) -> x509.Certificate:
    """Sign what was prepared with the issuer's key, and check the signature.

    The check costs a fiftieth of the signature and means that a wrong key or a fault
    in the processor ends here and not on a thousand workstations.
    """
    certificate = prepared.builder.sign(key, signature_hash(key))
    certificate.verify_directly_issued_by(prepared.issuer or certificate)
    return certificate


def self_signed(
    request: CertificateRequest, key: keys.PrivateKey, *, now: datetime
) -> x509.Certificate:
    """A root: subject and issuer are the same."""
    return issue(prepare(request, None, now=now), key)


def root(
    common_name: str,
    key: keys.PrivateKey,
    *,
    now: datetime,
    lifetime: timedelta | None = None,
    allow_weak_key: bool = False,
    constraints: x509.NameConstraints | None = None,
) -> x509.Certificate:
    """A new root certificate for ``key``, limited to some names where that is wanted."""
    request = CertificateRequest(
        profile=ROOT,
        common_name=names.common_name(common_name),
        public_key=key.public_key(),
        lifetime=lifetime,
        allow_weak_key=allow_weak_key,
        constraints=constraints,
    )
    return self_signed(request, key, now=now)


def cross_request(own: x509.Certificate) -> CertificateRequest:
    """For another authority to sign: the name, the key and the limits that ``own`` has."""
    return CertificateRequest(
        profile=CROSS,
        common_name=facts.common_name(own),
        public_key=keys.of_certificate(own),
        own_certificate=own,
        constraints=name_constraints.constraints_of(own),
    )


def temporary_certificate(host: str, key: keys.PrivateKey, *, now: datetime) -> x509.Certificate:
    """For a site that has to answer by TLS before there is an authority; nobody trusts it."""
    request = CertificateRequest(
        profile=SERVER,
        common_name=host[: names.COMMON_NAME_LIMIT],
        names=(host,),
        public_key=key.public_key(),
        lifetime=timedelta(days=30),
    )
    return self_signed(request, key, now=now)


def validity(
    request: CertificateRequest, issuer: x509.Certificate | None, now: datetime
) -> tuple[datetime, datetime]:
    """First and last second of validity (RFC 5280, section 4.1.2.5), both inclusive."""
    lifetime = request.profile.lifetime if request.lifetime is None else request.lifetime
    request.profile.check_lifetime(lifetime)
    start = now.astimezone(UTC).replace(microsecond=0)
    not_before = start - request.profile.backdate
    not_after = start + lifetime - request.profile.backdate - timedelta(seconds=1)
    if issuer is None:
        return not_before, not_after
    if not issuer.not_valid_before_utc <= start <= issuer.not_valid_after_utc:
        raise Conflict(
            "The authority's own certificate is valid from "
            f"{issuer.not_valid_before_utc:%Y-%m-%d} to {issuer.not_valid_after_utc:%Y-%m-%d}, so "
            "nothing it signs now would be accepted. Check this computer's clock, or create a new "
            "authority.",
            code="authority.expired",
        )
    if not_after > issuer.not_valid_after_utc:
        if request.lifetime is not None:
            left = (issuer.not_valid_after_utc - start).days
            raise InvalidInput(
                f"{lifetime.days:,} days are longer than the authority's own certificate is "
                f"valid. Enter {left:,} days or fewer.",
                code="lifetime.beyond_issuer",
                field="days",
            )
        not_after = issuer.not_valid_after_utc
    not_before = max(not_before, issuer.not_valid_before_utc)
    if own := request.own_certificate:
        not_before = max(not_before, own.not_valid_before_utc)
        not_after = min(not_after, own.not_valid_after_utc)
    return not_before, not_after


def distinguished_name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def with_usages(
    builder: x509.CertificateBuilder, request: CertificateRequest
) -> x509.CertificateBuilder:
    profile = request.profile
    if profile.is_authority:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=profile.path_length), critical=True
        )
    if request.constraints is not None:
        builder = builder.add_extension(request.constraints, critical=True)
    usages = set(profile.key_usages)
    if profile.encipherment and isinstance(request.public_key, rsa.RSAPublicKey):
        usages.add("key_encipherment")
    builder = builder.add_extension(key_usage(usages), critical=True)
    if profile.extended_key_usages:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage(profile.extended_key_usages), critical=False
        )
    if profile.ocsp_no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder


def key_usage(usages: set[str]) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{usage: usage in usages for usage in every})


def with_identifiers(
    builder: x509.CertificateBuilder,
    request: CertificateRequest,
    issuer: x509.Certificate | None,
) -> x509.CertificateBuilder:
    if request.names:
        general = [names.general_name(name) for name in request.names]
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    builder = builder.add_extension(subject_key_identifier(request), critical=False)
    if issuer is None:
        return builder
    return builder.add_extension(authority_key_identifier(issuer), critical=False)


def subject_key_identifier(request: CertificateRequest) -> x509.SubjectKeyIdentifier:
    own = request.own_certificate
    kept = facts.extension(own, x509.SubjectKeyIdentifier) if own else None
    return kept or x509.SubjectKeyIdentifier.from_public_key(request.public_key)


def authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The issuer's own identifier where it has one, so that the two are equal."""
    try:
        subject = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(keys.of_certificate(issuer))
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject.value)


def with_addresses(
    builder: x509.CertificateBuilder, addresses: Addresses
) -> x509.CertificateBuilder:
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, addresses.ocsp),
            (AuthorityInformationAccessOID.CA_ISSUERS, addresses.ca_issuers),
        )
        if url
    ]
    if access:
        builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
    if addresses.crl:
        point = x509.DistributionPoint(
            full_name=[x509.UniformResourceIdentifier(addresses.crl)],
            relative_name=None,
            reasons=None,
            crl_issuer=None,
        )
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder


def signature_hash(key: keys.PrivateKey) -> hashes.SHA256 | hashes.SHA384 | None:
    """SHA-256, SHA-384 on P-384, none for Ed25519, which brings its own."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return hashes.SHA384() if key.curve.name == "secp384r1" else hashes.SHA256()
    return hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else None
