"""A certificate and its private key from whatever files people have of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pki.errors import InvalidInput
from pki.x509 import bundles, keys, root_file
from pki.x509.reading import reading

#: Bytes, per file. A PFX with a chain of RSA-8192 certificates is below 64 KiB.
SIZE_LIMIT = 1024 * 1024

PRIVATE_KEY_BLOCK = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)


@dataclass
class Material:
    """What was found. ``certificate`` belongs to ``key`` where there is a key."""

    certificate: x509.Certificate
    key: keys.PrivateKey | None = None
    others: list[x509.Certificate] = field(default_factory=list)


@dataclass
class Findings:
    certificates: list[x509.Certificate] = field(default_factory=list)
    private_keys: list[keys.PrivateKey] = field(default_factory=list)


def unrecognised() -> InvalidInput:
    return InvalidInput(
        "The file is none of agent_root_ca.json, PFX, certificate or private key, or it is "
        "damaged. Choose one of these, in PEM or DER.",
        code="material.unrecognised",
        field="files",
    )


@reading(unrecognised)
def read_material(files: Sequence[bytes], password: str = "") -> Material:
    """The certificate and, where given, the private key in one or several files.

    Each may be ``agent_root_ca.json``, a PFX, a certificate or a key in PEM or DER, or
    several of them in one PEM. Raises InvalidInput on ``files`` or ``password`` with a
    sentence of its own for each thing that can be wrong.
    """
    findings = Findings()
    for data in files:
        read_file(data, password, findings)
    if not findings.certificates:
        raise InvalidInput(
            "There is a private key in what you gave, and no certificate. Add the certificate "
            "(.cer, .crt or .pem)."
            if findings.private_keys
            else "There is nothing to read. Choose a file.",
            code="material.no_certificate",
            field="files",
        )
    return matched(findings)


def matched(findings: Findings) -> Material:
    if not findings.private_keys:
        return Material(findings.certificates[0], None, findings.certificates[1:])
    for key in findings.private_keys:
        for certificate in findings.certificates:
            if belongs(key, certificate):
                others = [other for other in findings.certificates if other != certificate]
                return Material(certificate, key, others)
    raise InvalidInput(
        "The private key does not belong to the certificate: their public keys differ. Choose "
        "the key that was made together with this certificate.",
        code="material.key_mismatch",
        field="files",
    )


def belongs(key: keys.PrivateKey, certificate: x509.Certificate) -> bool:
    try:
        return keys.matches(key, keys.of_certificate(certificate))
    except InvalidInput:
        return False  # A key of another kind, in the chain for instance.


def read_file(data: bytes, password: str, findings: Findings) -> None:
    if len(data) > SIZE_LIMIT:
        raise InvalidInput(
            f"A file has {len(data):,} bytes; {SIZE_LIMIT:,} is the most. Check that it is the "
            "right one.",
            code="material.too_large",
            field="files",
        )
    if root_file.looks_like(data):
        found = root_file.read(data, password)
        findings.certificates.append(found.certificate)
        findings.private_keys.append(found.key)
    elif b"-----BEGIN" in data:
        read_pem(data, password, findings)
    else:
        read_der(data, password, findings)


def read_pem(data: bytes, password: str, findings: Findings) -> None:
    recognised = False
    if b"CERTIFICATE-----" in data or b"PKCS7-----" in data:
        findings.certificates += bundles.load_certificates(data)
        recognised = True
    if b"PRIVATE KEY-----" in data:
        findings.private_keys.append(keys.load(private_key_part(data), bundles.secret(password)))
        recognised = True
    if not recognised:
        raise unrecognised()


def private_key_part(data: bytes) -> bytes:
    """The first private key's PEM block: the reader takes only a file that begins with it."""
    block = PRIVATE_KEY_BLOCK.search(data)
    return block.group() if block else data


def read_der(data: bytes, password: str, findings: Findings) -> None:
    """DER does not say what it is: a certificate, a key or a PFX, tried in this order."""
    try:
        findings.certificates += bundles.load_certificates(data)
    except InvalidInput:
        if is_private_key(data):
            findings.private_keys.append(keys.load(data, bundles.secret(password)))
            return
        read_pfx(data, password, findings)


def is_private_key(data: bytes) -> bool:
    try:
        serialization.load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        return True
    except Exception:
        return False
    return True


def read_pfx(data: bytes, password: str, findings: Findings) -> None:
    try:
        key, certificate, others = bundles.open_pfx(data, password)
    except InvalidInput as error:
        raise unrecognised() if error.code == "pfx.unreadable" else error from None
    if key:
        findings.private_keys.append(key)
    findings.certificates += [found for found in (certificate, *others) if found]
