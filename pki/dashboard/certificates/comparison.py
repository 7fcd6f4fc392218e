"""Two certificates side by side."""

from dataclasses import dataclass

from pki.actions.certificate_row import parsed
from pki.models import Certificate
from pki.x509 import facts


@dataclass(frozen=True)
class Row:
    label: str
    old: str
    new: str

    @property
    def changed(self) -> bool:
        return self.old != self.new


def compare(old: Certificate, new: Certificate) -> list[Row]:
    """What people look for, field by field."""
    before, after = (described(facts.describe(parsed(row))) for row in (old, new))
    return [Row(label, before[label], after[label]) for label in before]


def described(found: facts.Facts) -> dict[str, str]:
    return {
        "Subject": found.subject,
        "Names": ", ".join(found.names),
        "Issuer": found.issuer,
        "Valid from": f"{found.not_before:%Y-%m-%d %H:%M} UTC",
        "Valid until": f"{found.not_after:%Y-%m-%d %H:%M} UTC",
        "Key": found.key_label,
        "Public key (SHA-256)": found.public_key_sha256,
        "Signature": found.signature_algorithm,
        "Key usage": ", ".join(found.key_usages),
        "Extended key usage": ", ".join(found.extended_key_usages),
        "Serial number": found.serial,
        "Thumbprint (SHA-1)": found.sha1,
    }
