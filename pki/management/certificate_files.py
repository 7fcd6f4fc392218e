"""The files that a server wants, written to a directory: all of them or none."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from pki.actions.actor import Actor
from pki.actions.certificate_row import chain_of, parsed
from pki.actions.exports import export_key, export_pfx
from pki.errors import Conflict, Unavailable
from pki.files import PRIVATE, PUBLIC, refuse_existing, write_all
from pki.models import Certificate
from pki.x509 import bundles, profiles
from pki.x509.bundles import PfxEncryption

CERTIFICATE = "agent_ssl_cert.cer"
KEY = "agent_ssl_cert.key"
PFX = "agent_ssl_cert.pfx"
ROOT = "agent_root_ca.cer"


@dataclass(frozen=True)
class Destination:
    """Where the files go and in which form; ``password`` is the .pfx file's."""

    directory: Path
    password: str = ""
    pem: bool = False
    pfx_encryption: PfxEncryption = PfxEncryption.COMPATIBLE
    overwrite: bool = False

    def __repr__(self) -> str:
        return f"Destination({self.directory})"

    def check(self, *, with_key: bool) -> None:
        """Find out before anything is issued what would fail afterwards.

        Raises Conflict ``files.exist``, Unavailable ``files.not_written`` and InvalidInput
        ``password.too_long``.
        """
        bundles.password_bytes(self.password)
        names = (CERTIFICATE, KEY, PFX, ROOT) if with_key else (CERTIFICATE, ROOT)
        if not self.overwrite:
            refuse_existing([self.directory / name for name in names])
        try:
            with tempfile.TemporaryFile(dir=nearest_existing(self.directory)):
                pass
        except OSError as error:
            raise Unavailable(
                f"No file can be written to {self.directory}: {error.strerror or error}. Nothing "
                "was done; choose a directory that you may write to.",
                code="files.not_written",
                field="out",
            ) from None

    def write(self, row: Certificate, *, actor: Actor) -> list[Path]:
        """Handing out the key is written into the audit trail before the files are there."""
        return write_all(self.directory, self.contents(row, actor=actor), overwrite=self.overwrite)

    def contents(self, row: Certificate, *, actor: Actor) -> dict[str, tuple[bytes, int]]:
        if not row.was_issued:
            raise Conflict(
                "This certificate was never issued, so there are no files of it.",
                code="certificate.not_issued",
            )
        if row.profile == profiles.ROOT.name:
            return {ROOT: (self.encoded(parsed(row)), PUBLIC)}
        files = {CERTIFICATE: (self.encoded(parsed(row)), PUBLIC)}
        if row.private_key_id is not None:
            files[KEY] = (export_key(row, actor=actor), PRIVATE)
            pfx = export_pfx(
                row, actor=actor, password=self.password, encryption=self.pfx_encryption
            )
            files[PFX] = (pfx, PRIVATE)
        chain = chain_of(row)
        if chain:
            files[ROOT] = (self.encoded(chain[-1]), PUBLIC)
        return files

    def encoded(self, certificate: x509.Certificate) -> bytes:
        return bundles.pem(certificate) if self.pem else bundles.der(certificate)


def nearest_existing(directory: Path) -> Path:
    """The directory, or the one in which it would be made."""
    return next(path for path in (directory, *directory.parents) if path.exists())
