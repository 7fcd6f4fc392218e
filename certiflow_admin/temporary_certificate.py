"""What the site answers with by TLS until this host has a certificate of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.conf import settings

from pki.errors import CertiflowError
from pki.files import PRIVATE, write_all
from pki.x509 import bundles, issuing, keys, names

#: Made anew at a start that finds less than this left.
ENOUGH_LEFT = timedelta(days=7)


@dataclass(frozen=True)
class TemporaryCertificate:
    """A self-signed certificate and its key in two files, shared by the server's processes."""

    directory: Path

    @property
    def certificate_file(self) -> Path:
        return self.directory / "certificate.pem"

    @property
    def key_file(self) -> Path:
        return self.directory / "key.pem"

    def read(self) -> tuple[bytes, bytes]:
        """Certificate and key, PEM."""
        return self.certificate_file.read_bytes(), self.key_file.read_bytes()

    def ensure(self, host: str) -> str:
        """Make the files unless they serve; the certificate's SHA-256 in hexadecimal."""
        now, name = datetime.now(UTC), certificate_name(host)
        certificate = self.usable(name, now) or self.make(name, now)
        return certificate.fingerprint(hashes.SHA256()).hex()

    def usable(self, name: str, now: datetime) -> x509.Certificate | None:
        try:
            pem, key_pem = self.read()
            certificate, key = bundles.load_certificate(pem), keys.load(key_pem)
        except (OSError, CertiflowError):
            return None
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        serves = (
            name in found.get_values_for_type(x509.DNSName)
            and certificate.not_valid_after_utc > now + ENOUGH_LEFT
            and keys.matches(key, certificate.public_key())
        )
        return certificate if serves else None

    def make(self, name: str, now: datetime) -> x509.Certificate:
        key = keys.generate(keys.KeySpec.parse("ec-p256"))
        certificate = issuing.temporary_certificate(name, key, now=now)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_all(
            self.directory,
            {
                self.certificate_file.name: (bundles.pem(certificate), PRIVATE),
                self.key_file.name: (keys.to_pem(key), PRIVATE),
            },
            overwrite=True,
        )
        return certificate


def certificate_name(host: str) -> str:
    """The host's name, or one that fits where the host's does not: TLS has to work anyway."""
    try:
        return names.server_name(host)
    except CertiflowError:
        return "localhost"


def temporary_certificate() -> TemporaryCertificate:
    """The one of this installation."""
    return TemporaryCertificate(settings.DATA_DIR / "temporary_tls")
