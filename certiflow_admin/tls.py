"""The TLS context of a site, with the hot swap of a renewed certificate.

gunicorn asks `ssl_context` for every connection, so a certificate issued a second ago is
answered with at once and no process starts again (docs/decisions/0003).
"""

import contextlib
import logging
import os
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.db import DatabaseError, close_old_connections

from certiflow_admin.connection import TlsSocket
from certiflow_admin.temporary_certificate import TemporaryCertificate
from pki.errors import CertiflowError

logger = logging.getLogger("certiflow.tls")

#: Seconds for which the answer of the database is good.
LOOK_EVERY = 1.0
#: With authentication and forward secrecy; Windows Server 2016 and later have them.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass(frozen=True)
class InForce:
    """What to answer with; without a chain it is the temporary certificate."""

    #: Of what the database had when this was found.
    sha256: str = field(compare=False)
    chain_pem: bytes = b""
    key_pem: bytes = field(default=b"", repr=False)
    #: PEM of the roots whose clients are recognised; empty where none are asked for.
    roots_pem: bytes = b""
    #: Why the newest certificate is not the one.
    refusal: str = field(default="", compare=False)


NONE_YET = InForce("")


def new_context(pem_file: str, roots_pem: bytes = b"") -> ssl.SSLContext:
    """A server's context from one file that holds certificates and key.

    With ``roots_pem`` a client may show a certificate of one of these roots; one of
    another root, for another purpose or out of its dates ends the handshake.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = TlsSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(pem_file)
    if roots_pem:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=roots_pem.decode())
        # A resumed session would bring a certificate that was verified long ago.
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    return context


def context_of(chain_pem: bytes, key_pem: bytes, roots_pem: bytes = b"") -> ssl.SSLContext:
    with as_file(chain_pem + key_pem) as path:
        return new_context(path, roots_pem)


@contextlib.contextmanager
def as_file(content: bytes) -> Iterator[str]:
    """A path OpenSSL can read, in memory where the system has that; gone afterwards."""
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        with open(os.memfd_create("tls", os.MFD_CLOEXEC), "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
        return
    # Both are made with rights for this user only.
    with tempfile.TemporaryDirectory() as directory:
        descriptor, path = tempfile.mkstemp(dir=directory)
        with open(descriptor, "wb") as file:
            file.write(content)
        yield path


class CurrentContext:
    """The context in force in this process, looked after by whichever thread comes by."""

    def __init__(self, temporary: TemporaryCertificate, *, asks_clients: bool = False) -> None:
        self._temporary = temporary
        self._asks_clients = asks_clients
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._used = NONE_YET
        #: Of what was found last; None before the first look and while something is refused.
        self._sha256: str | None = None
        self._look_at = 0.0
        self._told = ""

    def get(self) -> ssl.SSLContext:
        context = self._context
        if context is not None and time.monotonic() < self._look_at:
            return context
        # While one thread looks, the others answer with what is there.
        if not self._lock.acquire(blocking=context is None) and context is not None:
            return context
        try:
            if self._context is None or time.monotonic() >= self._look_at:
                self._context = self._look()
            return self._context
        finally:
            self._lock.release()

    def _look(self) -> ssl.SSLContext:
        context = self._context
        try:
            found = in_force(self._sha256, self._asks_clients)
            if found is not None:
                context = self._use(found)
                self._sha256 = None if found.refusal else found.sha256
                self._tell(found.refusal)
        except (CertiflowError, ssl.SSLError) as error:
            self._tell(str(error))
        self._look_at = time.monotonic() + LOOK_EVERY
        return context or self._context_for(NONE_YET)

    def _use(self, found: InForce) -> ssl.SSLContext:
        """A certificate that served once is not given up for the temporary one."""
        wanted = found if found.chain_pem else replace(self._used, roots_pem=found.roots_pem)
        if self._context is None or wanted != self._used:
            context = self._context_for(wanted)
            self._used = wanted
            return context
        return self._context

    def _tell(self, problem: str) -> None:
        """Tried again in a second, logged once."""
        if problem and problem != self._told:
            logger.error("This host's certificate cannot be used: %s", problem)
        self._told = problem

    def _context_for(self, found: InForce) -> ssl.SSLContext:
        if not found.chain_pem:
            return context_of(*self._temporary.read(), found.roots_pem)
        return context_of(found.chain_pem, found.key_pem, found.roots_pem)


def in_force(known_sha256: str | None, asks_clients: bool = False) -> InForce | None:
    """This host's certificate and key, ``NONE_YET`` or, when it is the known one, None.

    For a site that asks for clients' certificates the fingerprint is that of the host's
    certificate and of every root.
    """
    from pki.actions.host_certificate import host_certificate, host_fingerprint
    from pki.actions.trusted_roots import trusted_roots

    close_old_connections()
    try:
        roots = trusted_roots() if asks_clients else []
        sha256 = " ".join([host_fingerprint(), *(root.sha256 for root in roots)]).strip()
        if sha256 == known_sha256:
            return None
        found = host_certificate()
        roots_pem = b"".join(root.pem for root in roots)
        if found is None:
            return InForce(sha256, roots_pem=roots_pem)
        return InForce(sha256, found.chain_pem, found.key_pem, roots_pem, found.refusal)
    except DatabaseError:
        return None  # Whoever reads a page hears of it; TLS goes on as it was.
    finally:
        close_old_connections()
