"""What is judged: every kind of key in every profile, below every kind of root."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography import x509

from pki.x509 import bundles, issuing, keys
from pki.x509.keys import KeySpec
from pki.x509.profiles import PROFILES

FQDN = "cm1.example.com"
WILDCARD_MEMBER = "shop.apps.example.com"
IDN = "xn--b1afb6bcb.xn--p1ai"
WILDCARD = "*.apps.example.com"
SERVER_NAMES = (FQDN, IDN, "10.0.0.5", "2001:db8::5")

COMMON_NAMES = {
    "issuing": "CM Issuing CA",
    "server": FQDN,
    "workstation": "4c4c4544-0042-3510-8054-b7c04f4e4b32",
    "ocsp-responder": "CM OCSP Responder",
}

ADDRESSES = issuing.Addresses(
    ca_issuers="http://pki.example.com/pki/1.cer",
    crl="http://pki.example.com/pki/1.crl",
    ocsp="http://pki.example.com/ocsp/",
)


@dataclass(frozen=True)
class Case:
    root: str
    profile: str
    key: str
    #: The end-entity certificate is signed by an issuing authority below the root.
    below_issuing: bool = False
    wildcard: bool = False

    def __str__(self) -> str:
        between = "issuing/" if self.below_issuing else ""
        after = "-wildcard" if self.wildcard else ""
        return f"{self.root}/{between}{self.profile}-{self.key}{after}"


@dataclass(frozen=True)
class Made:
    certificate: x509.Certificate
    key: keys.PrivateKey
    #: Nearest issuer first, the root last; empty for a root.
    issuers: tuple[x509.Certificate, ...] = ()

    @property
    def root(self) -> x509.Certificate:
        return self.issuers[-1] if self.issuers else self.certificate


ROOT_KEYS = ("rsa-2048", "ec-p256", "ec-p384")
KEYS = {
    "issuing": ("ec-p384", "rsa-2048"),
    "server": ("rsa-2048", "rsa-3072", "ec-p256", "ec-p384"),
    "workstation": ("rsa-2048", "ec-p256", "ed25519"),
    "ocsp-responder": ("rsa-2048", "ec-p256"),
}

ROOTS = [Case(root, "root", root) for root in (*ROOT_KEYS, "rsa-4096")]
BELOW = [
    Case(root, profile, key)
    for root in ROOT_KEYS
    for profile, offered in KEYS.items()
    for key in offered
] + [
    Case("rsa-4096", "server", "rsa-2048"),
    Case("ec-p384", "server", "ec-p256", below_issuing=True),
    Case("rsa-2048", "workstation", "ed25519", below_issuing=True),
]
EVERY = ROOTS + BELOW
WILDCARDS = [
    Case("ec-p256", "server", "rsa-2048", wildcard=True),
    Case("ec-p384", "server", "ec-p256", below_issuing=True, wildcard=True),
]


def of(profile: str) -> list[Case]:
    return [case for case in BELOW if case.profile == profile]


@cache
def key(owner: str, spec: str) -> keys.PrivateKey:
    """One key for each kind of owner, since making RSA keys takes longer than all else."""
    return keys.generate(KeySpec.parse(spec))


@cache
def root(spec: str) -> Made:
    made = key("root", spec)
    return Made(issuing.root("CM Agent CA", made, now=datetime.now(UTC)), made)


@cache
def make(case: Case) -> Made:
    top = root(case.root)
    if case.profile == "root":
        return top
    issuer = make(Case(case.root, "issuing", "ec-p384")) if case.below_issuing else top
    its = key(case.profile, case.key)
    request = issuing.CertificateRequest(
        profile=PROFILES[case.profile],
        common_name=COMMON_NAMES[case.profile],
        public_key=its.public_key(),
        names=names(case),
    )
    prepared = issuing.prepare(
        request, issuer.certificate, now=datetime.now(UTC), addresses=ADDRESSES
    )
    certificate = issuing.issue(prepared, issuer.key)
    return Made(certificate, its, (issuer.certificate, *issuer.issuers))


def names(case: Case) -> tuple[str, ...]:
    if case.profile != "server":
        return ()
    return (*SERVER_NAMES, WILDCARD) if case.wildcard else SERVER_NAMES


def write(made: Made, folder: Path, password: str = "") -> Path:
    """Certificate, key, chain and root under the names that the tests use."""
    (folder / "cert.pem").write_bytes(bundles.pem(made.certificate))
    (folder / "cert.cer").write_bytes(bundles.der(made.certificate))
    (folder / "key.pem").write_bytes(keys.to_pem(made.key, password.encode()))
    (folder / "root.pem").write_bytes(bundles.pem(made.root))
    (folder / "root.cer").write_bytes(bundles.der(made.root))
    (folder / "chain.pem").write_bytes(chain((made.certificate, *made.issuers[:-1])))
    (folder / "issuers.pem").write_bytes(chain(made.issuers[:-1]))
    (folder / "full.pem").write_bytes(chain((made.certificate, *made.issuers)))
    return folder


def chain(certificates: Sequence[x509.Certificate]) -> bytes:
    return bundles.chain_pem(certificates)


def pfx(made: Made, password: str, encryption: bundles.PfxEncryption) -> bytes:
    return bundles.pfx(
        made.key,
        made.certificate,
        made.issuers,
        password,
        friendly_name=FQDN,
        encryption=encryption,
    )
