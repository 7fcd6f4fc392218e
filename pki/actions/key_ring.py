"""The key ring in force, from the environment or from the file made at first use.

The public site has no master key. It opens OCSP responders with keys that every other process
derives from the ring and keeps in a file of their own for it.
"""

from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from pki.errors import CertiflowError, Unavailable
from pki.models import PrivateKey, Ring, Secret
from pki.vault import ring
from pki.vault.ring import KeyRing

_read: dict[tuple[str, int, int], KeyRing] = {}


def current_ring() -> KeyRing:
    """Read once a process, and again when the file has changed.

    Raises Unavailable ``vault.ring``, ``vault.ring_missing``, ``vault.ring_unreadable`` or
    ``vault.not_here``.
    """
    if settings.WITHOUT_MASTER_KEYS:
        raise Unavailable(
            "The public site works without the master keys, so nothing but answers about "
            "certificates can be signed here.",
            code="vault.not_here",
        )
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


def responder_ring() -> KeyRing:
    """What opens the keys of OCSP responders. Raises Unavailable ``vault.responder_keys``."""
    if not settings.WITHOUT_MASTER_KEYS:
        return current_ring().for_responders()
    path = Path(settings.RESPONDER_KEYS_FILE)
    try:
        return read_file(path)
    except OSError as error:
        raise Unavailable(
            f"The keys of OCSP responders in {path} cannot be read: {error.strerror}. The "
            "scheduler writes that file; name it in CERTIFLOW_RESPONDER_KEYS_FILE.",
            code="vault.responder_keys",
        ) from None


def ring_for(kind: str) -> KeyRing:
    return responder_ring() if kind == Ring.RESPONDER else current_ring()


def hand_over_responder_keys() -> None:
    """Bring the file for the public site up to date. Raises Unavailable."""
    path = Path(settings.RESPONDER_KEYS_FILE)
    wanted = responder_ring()
    try:
        if not path.exists() or path.read_text() != wanted.text():
            ring.replace_file(path, wanted)
    except OSError as error:
        raise Unavailable(
            f"The keys of OCSP responders cannot be written to {path}: {error.strerror}. Name a "
            "file this user may write in CERTIFLOW_RESPONDER_KEYS_FILE.",
            code="vault.responder_keys",
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
