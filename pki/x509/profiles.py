"""What each kind of certificate is: usages, lifetimes and keys, as data.

Every rule that RFC 5280 or a client would complain about is here and nowhere else;
`pki.x509.issuing` builds from it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from pki.errors import InvalidInput
from pki.x509.keys import KeySpec

#: Below this RSA is refused everywhere: TLS libraries in support do not accept it.
SMALLEST_RSA = 1024
#: Of the lifetime: after that an agent should have a new certificate.
RENEW_AFTER = 2 / 3
#: Below this RSA is weak: refused unless someone insists.
WEAK_RSA = 2048


@dataclass(frozen=True)
class Profile:
    """One kind of certificate."""

    name: str
    label: str
    #: RFC 5280, section 4.2.1.3. keyEncipherment is added for RSA where ``encipherment``.
    key_usages: frozenset[str]
    default_key: KeySpec
    lifetime: timedelta
    longest_lifetime: timedelta
    #: RFC 5280, section 4.2.1.12.
    extended_key_usages: tuple[ObjectIdentifier, ...] = ()
    encipherment: bool = False
    #: RFC 5280, section 4.2.1.9: present and critical only for authorities.
    is_authority: bool = False
    path_length: int | None = None
    #: Accepted RSA modulus lengths, in bits.
    rsa_bits: tuple[int, int] = (2048, 4096)
    curves: frozenset[str] = frozenset({"p256", "p384"})
    ed25519: bool = False
    #: RFC 6960, section 4.2.2.2.1: clients do not ask about the answerer itself.
    ocsp_no_check: bool = False
    #: Also before the start of validity, for clocks that run late.
    backdate: timedelta = field(default=timedelta(minutes=5))

    def check_key(self, spec: KeySpec, *, allow_weak: bool = False) -> None:
        """Raises InvalidInput ``key.too_small``, ``key.too_large`` or ``key.not_for_profile``."""
        if spec.algorithm == "rsa":
            self._check_rsa(spec.bits, allow_weak)
        elif (spec.algorithm == "ec" and spec.curve not in self.curves) or (
            spec.algorithm == "ed25519" and not self.ed25519
        ):
            raise InvalidInput(
                f"{spec.label} is not for a {self.label}: the clients that have to verify it "
                "(Windows, browsers) do not accept such a key. Use RSA or EC P-256 or P-384.",
                code="key.not_for_profile",
                field="key",
            )

    def _check_rsa(self, bits: int, allow_weak: bool) -> None:
        smallest, largest = self.rsa_bits
        if bits < SMALLEST_RSA:
            raise InvalidInput(
                f"An RSA key of {bits} bits can be broken, and no TLS library in support accepts "
                f"it. Use {smallest} to {largest} bits.",
                code="key.too_small",
                field="key",
            )
        if bits < smallest and not (allow_weak and bits < WEAK_RSA):
            raise InvalidInput(
                f"An RSA key of {bits} bits is too weak for a {self.label}. Use {smallest} to "
                f"{largest} bits.",
                code="key.too_small",
                field="key",
            )
        if bits > largest:
            raise InvalidInput(
                f"An RSA key of {bits} bits is too large for a {self.label}: it makes every "
                f"connection slow, and some clients refuse it. Use {smallest} to {largest} bits.",
                code="key.too_large",
                field="key",
            )
        if bits % 8:
            raise InvalidInput(
                f"An RSA key of {bits} bits is not a whole number of bytes, which some clients "
                f"refuse. Use a multiple of 8 between {smallest} and {largest}.",
                code="key.odd_size",
                field="key",
            )

    def check_lifetime(self, lifetime: timedelta) -> None:
        """Raises InvalidInput ``lifetime.too_short`` or ``lifetime.too_long``."""
        if lifetime < timedelta(days=1):
            raise InvalidInput(
                f"A {self.label} is valid for one day at least. Enter a number of days from 1 to "
                f"{self.longest_lifetime.days}.",
                code="lifetime.too_short",
                field="days",
            )
        if lifetime > self.longest_lifetime:
            raise InvalidInput(
                f"{lifetime.days:,} days are too long for a {self.label}: clients refuse more "
                f"than {self.longest_lifetime.days:,}. Enter {self.longest_lifetime.days:,} or "
                "fewer.",
                code="lifetime.too_long",
                field="days",
            )


YEAR = timedelta(days=365)

ROOT = Profile(
    name="root",
    label="root certificate",
    key_usages=frozenset({"key_cert_sign", "crl_sign"}),
    is_authority=True,
    default_key=KeySpec("rsa", bits=4096),
    rsa_bits=(2048, 8192),
    # Twenty calendar years have five leap days at most.
    lifetime=20 * YEAR + timedelta(days=5),
    longest_lifetime=30 * YEAR,
    # So that what it signs in its first minutes does not begin before it.
    backdate=timedelta(hours=1),
)

ISSUING = Profile(
    name="issuing",
    label="issuing authority's certificate",
    key_usages=frozenset({"key_cert_sign", "crl_sign"}),
    is_authority=True,
    path_length=0,
    default_key=KeySpec("rsa", bits=4096),
    rsa_bits=(2048, 8192),
    lifetime=10 * YEAR,
    longest_lifetime=20 * YEAR,
    backdate=timedelta(minutes=30),
)

#: The name and key of one root signed by another (RFC 4210, section 4.4), so that who trusts
#: the one accepts what the other signed. It holds as long as both of them.
CROSS = Profile(
    name="cross",
    label="cross-certificate",
    key_usages=frozenset({"key_cert_sign", "crl_sign"}),
    is_authority=True,
    default_key=ROOT.default_key,
    rsa_bits=ROOT.rsa_bits,
    lifetime=ROOT.longest_lifetime,
    longest_lifetime=ROOT.longest_lifetime,
    backdate=ROOT.backdate,
)

SERVER = Profile(
    name="server",
    label="server certificate",
    key_usages=frozenset({"digital_signature"}),
    encipherment=True,
    extended_key_usages=(ExtendedKeyUsageOID.SERVER_AUTH,),
    default_key=KeySpec("rsa", bits=2048),
    # 397 days is what browsers take from public authorities, 825 what Apple takes from any.
    lifetime=timedelta(days=397),
    longest_lifetime=timedelta(days=825),
)

WORKSTATION = Profile(
    name="workstation",
    label="workstation certificate",
    key_usages=frozenset({"digital_signature"}),
    extended_key_usages=(ExtendedKeyUsageOID.CLIENT_AUTH,),
    default_key=KeySpec("ec", curve="p256"),
    ed25519=True,
    lifetime=YEAR,
    longest_lifetime=timedelta(days=825),
)

OCSP_RESPONDER = Profile(
    name="ocsp-responder",
    label="OCSP responder's certificate",
    key_usages=frozenset({"digital_signature"}),
    extended_key_usages=(ExtendedKeyUsageOID.OCSP_SIGNING,),
    ocsp_no_check=True,
    default_key=KeySpec("ec", curve="p256"),
    lifetime=timedelta(days=30),
    longest_lifetime=timedelta(days=90),
)

PROFILES = {
    profile.name: profile for profile in (ROOT, ISSUING, CROSS, SERVER, WORKSTATION, OCSP_RESPONDER)
}

#: Whose keys answer for others: an authority's, also under a cross-certificate, or a responder's.
AUTHORITIES = frozenset({ROOT.name, ISSUING.name, CROSS.name, OCSP_RESPONDER.name})


def renewal_due(not_before: datetime, not_after: datetime) -> datetime:
    """From when on a certificate of an agent is to be renewed."""
    return not_before + (not_after - not_before) * RENEW_AFTER


def by_name(name: str) -> Profile:
    return PROFILES[name]
