"""TLS contexts of the sites: a renewed certificate serves new connections at once.

gunicorn asks for a context for every connection. It gets the same one until the
certificate of this host changes in the database (docs/decisions/0003).
"""

import logging
import os
import secrets
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from pki.actions.host_certificate import HostCertificate, host_certificate, host_fingerprint
from pki.errors import CertiflowError
from pki.x509 import bundles, issuing, keys, names

logger = logging.getLogger(__name__)

#: Seconds for which a look at the database is good enough.
LOOK_EVERY = 1.0


def temporary_files() -> tuple[Path, Path]:
    """Certificate and key that the sites answer with until this host has its own.

    Shared by all processes of this installation, and made at first use.
    """
    directory = settings.DATA_DIR / "temporary_tls"
    certificate_path, key_path = directory / "certificate.pem", directory / "key.pem"
    if not is_good(certificate_path):
        key = keys.generate(keys.KeySpec("ec", curve="p256"))
        certificate = issuing.temporary_certificate(
            certificate_name(settings.HOST), key, now=datetime.now(UTC)
        )
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace(key_path, keys.to_pem(key))
        replace(certificate_path, bundles.pem(certificate))
    return certificate_path, key_path


def is_good(path: Path) -> bool:
    """Whether the temporary certificate is there and has not expired."""
    try:
        certificate = bundles.load_certificate(path.read_bytes())
    except (OSError, CertiflowError):
        return False
    return certificate.not_valid_after_utc > datetime.now(UTC)


def certificate_name(host: str) -> str:
    """The host's name, or one that fits where the host's does not."""
    try:
        return names.server_name(host)
    except CertiflowError:
        return "localhost"


def replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def temporary_context() -> ssl.SSLContext:
    context = server_context()
    context.load_cert_chain(*temporary_files())
    return context


def context_of(certificate: HostCertificate) -> ssl.SSLContext:
    context = server_context()
    with private_file(certificate.chain_pem + certificate.key_pem) as path:
        context.load_cert_chain(path)
    return context


@contextmanager
def private_file(content: bytes) -> Iterator[str]:
    """A path to ``content`` for a library that reads only paths: in memory where possible."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("tls")
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{descriptor}"
        return
    descriptor, name = tempfile.mkstemp()
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        yield name
    finally:
        Path(name).unlink()


class ContextSource:
    """The context for the next connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._fingerprint = ""
        self._looked_at = float("-inf")

    def current(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = temporary_context()
            if time.monotonic() - self._looked_at >= LOOK_EVERY:
                self._looked_at = time.monotonic()
                self._look()
            return self._context

    def _look(self) -> None:
        """Take a new certificate if there is one; whatever fails, the current one goes on."""
        close_old_connections()
        try:
            if host_fingerprint() == self._fingerprint:
                return
            certificate = host_certificate()
            if certificate is not None:
                self._context = context_of(certificate)
                self._fingerprint = certificate.sha256
                logger.info("Answering with the certificate %s.", certificate.sha256)
        except (DatabaseError, CertiflowError, OSError) as error:
            logger.error("The certificate of this host could not be taken: %s", error)
        finally:
            close_old_connections()


source = ContextSource()
