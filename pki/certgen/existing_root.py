"""The root that ``rootKey`` names: read generously, and checked that it can sign."""

from datetime import datetime
from pathlib import Path

from cryptography import x509

from pki.errors import InvalidInput
from pki.x509 import checks, keys
from pki.x509.material import SIZE_LIMIT, Material, read_material
from pki.x509.profiles import ROOT

#: Sentences of the core that advise what a command line has no place for.
INSTEAD = {
    "key.password_needed": "its private key is encrypted. Give the password by root-pwd-stdin.",
    "pfx.password_needed": "it is protected by a password. Give it by root-pwd-stdin.",
    "material.no_certificate": "it has no certificate. Name agent_root_ca.json, which holds both "
    "certificate and private key.",
}


def existing_root(
    path: Path, password: str, now: datetime, *, allow_weak: bool
) -> tuple[x509.Certificate, keys.PrivateKey]:
    """Certificate and key. Raises InvalidInput on ``rootKey`` with the file in the sentence."""
    content = read_file(path)
    try:
        material = read_material([content], password)
        key = key_of(material)
        check(material.certificate, now, allow_weak=allow_weak)
    except InvalidInput as error:
        raise refusal(path, INSTEAD.get(error.code, error.message), error.code) from None
    return material.certificate, key


def read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except OSError as error:
        reason = f"it cannot be read ({error.strerror}). Name agent_root_ca.json."
        raise refusal(path, reason, "root_file.missing") from None


def key_of(material: Material) -> keys.PrivateKey:
    if material.key is None:
        raise InvalidInput(
            "it has no private key. Name agent_root_ca.json, which holds both certificate and "
            "private key.",
            code="material.no_key",
        )
    return material.key


def check(certificate: x509.Certificate, now: datetime, *, allow_weak: bool) -> None:
    """A weak root passes where weak keys are allowed: it may be one that was made here so."""
    try:
        checks.check_authority(certificate, now=now)
    except InvalidInput as error:
        # The key is the last thing looked at, so all else is in order here.
        if error.code != "key.too_small" or not allow_weak:
            raise
        ROOT.check_key(keys.spec_of(keys.supported_public(certificate.public_key())),
                       allow_weak=True)  # fmt: skip


def refusal(path: Path, reason: str, code: str) -> InvalidInput:
    return InvalidInput(f"rootKey {path}: {reason}", code=code, field="rootKey")
