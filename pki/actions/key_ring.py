"""The key ring in force, from the environment or from the file made at first use."""

from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from pki.errors import CertiflowError, Unavailable
from pki.models import PrivateKey, Secret
from pki.vault import ring
from pki.vault.ring import KeyRing

_read: dict[tuple[str, int, int], KeyRing] = {}


def current_ring() -> KeyRing:
    """Read once a process, and again when the file has changed.

    Raises Unavailable ``vault.ring``, ``vault.ring_missing`` or ``vault.ring_unreadable``.
    """
    if settings.MASTER_KEYS:
        return parsed(settings.MASTER_KEYS, "CERTIFLOW_MASTER_KEYS")
    path = Path(settings.MASTER_KEYS_FILE)
    try:
        return read_file(path)
    except FileNotFoundError:
        make_first(path)
        return read_file(path)
    except OSError as error:
        raise Unavailable(
            f"The key ring {path} cannot be read: {error.strerror}. Give this user the right to "
            "read it, or name another file in CERTIFLOW_MASTER_KEYS_FILE.",
            code="vault.ring_unreadable",
        ) from None


def read_file(path: Path) -> KeyRing:
    status = path.stat()
    version = (str(path), status.st_ino, status.st_mtime_ns)
    if version not in _read:
        found = parsed(path.read_text(), str(path))
        _read.clear()
        _read[version] = found
    return _read[version]


def parsed(text: str, where: str) -> KeyRing:
    try:
        return KeyRing.parse(text)
    except CertiflowError as error:
        raise Unavailable(f"{where}: {error.message}", code="vault.ring") from None


def make_first(path: Path) -> None:
    """Only where nothing is sealed yet: a new ring could never open what another one sealed."""
    if has_sealed_keys():
        raise Unavailable(
            f"The key ring {path} is missing, and the database holds private keys sealed under "
            "it. Put the file back from your backup, or name it in CERTIFLOW_MASTER_KEYS_FILE.",
            code="vault.ring_missing",
        )
    try:
        ring.make_file(path)
    except OSError as error:
        raise Unavailable(
            f"The key ring {path} cannot be made: {error.strerror}. Name a directory this user "
            "may write to in CERTIFLOW_DATA_DIR.",
            code="vault.ring_unreadable",
        ) from None


def has_sealed_keys() -> bool:
    """Or anything else that is sealed."""
    try:
        return PrivateKey.objects.exists() or Secret.objects.exists()
    except DatabaseError:  # Before the first migration there is no table.
        return False
