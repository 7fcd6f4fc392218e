"""Whether a protected file opens with reasonable effort, tried in a process that can be stopped.

A file says itself how many iterations its password takes, and a PFX may say it once more inside
what is encrypted, so that they cannot all be read beforehand (docs/decisions/0023).
"""

import os
import subprocess
import sys

from pki.errors import InvalidInput

#: Of the processor: some ten million iterations, where Windows and NSS write 600,000 at most.
SECONDS = 5
#: Of the clock, for a machine that does much else.
PATIENCE = 60
#: scrypt takes as much memory as the file asks for.
MEMORY = 1024**3

#: Opens what is on its standard input and keeps nothing; any other outcome is for the caller.
#: OpenSSL reports as an internal error that it got no memory.
ATTEMPT = f"""
import sys, warnings
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
except ImportError:
    pass
warnings.simplefilter("ignore")
from cryptography.exceptions import InternalError
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key, load_pem_private_key, pkcs12)
size = int.from_bytes(sys.stdin.buffer.read(4))
password, data = sys.stdin.buffer.read(size) or None, sys.stdin.buffer.read()
if sys.argv[1] == "pfx":
    load = pkcs12.load_key_and_certificates
else:
    load = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
try:
    load(data, password)
except (MemoryError, InternalError):
    sys.exit(1)
except BaseException:
    pass
"""


def refuse_costly(data: bytes, password: bytes, *, kind: str) -> None:
    """Raises InvalidInput ``pfx.iterations`` or ``key.iterations``, by ``kind``, on ``files``."""
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-c", ATTEMPT, kind],
            input=len(password).to_bytes(4) + password + data,
            # No secrets of this process; Windows starts none without its own folder.
            env={name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise costly(kind) from None
    if done.returncode:
        raise costly(kind)


def costly(kind: str) -> InvalidInput:
    what = "PFX file" if kind == "pfx" else "private key"
    return InvalidInput(
        f"Opening the {what} takes more than {SECONDS} seconds of computing or a gigabyte of "
        "memory: it asks for far too many iterations of its password (600,000 are usual at most). "
        "Export it again with the usual number.",
        code=f"{kind}.iterations",
        field="files",
    )
