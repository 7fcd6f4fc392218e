"""The generator as a process of its own, and the judges of what it makes."""

import functools
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT_FILES = {"agent_root_ca.json", "agent_root_ca.cer", "agent_root_ca.key"}
SERVER_FILES = {"agent_ssl_cert.cer", "agent_ssl_cert.key", "agent_ssl_cert.pfx"}
SIX = ROOT_FILES | SERVER_FILES
#: A root that takes a tenth of a second and not several.
FAST = ("--rootKeySize", "2048")
PROGRAM = str(Path(sys.executable).with_name("certiflow-certgen"))

Done = subprocess.CompletedProcess[str]


def certgen(
    directory: Path,
    *arguments: str,
    stdin: str = "",
    limit: Callable[[], None] | None = None,
    program: Sequence[str] = (PROGRAM,),
) -> Done:
    return subprocess.run(
        [*program, *arguments], cwd=directory, input=stdin, capture_output=True, text=True,
        preexec_fn=limit, check=False,
        env={name: value for name, value in os.environ.items() if "DJANGO" not in name},
    )  # fmt: skip


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def made(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def verify_strictly(root: Path, server: Path, scratch: Path) -> None:
    """As a TLS client would; ``openssl verify`` wants its root in PEM."""
    pem = scratch / "trusted.pem"
    openssl("x509", "-in", root, "-out", pem)
    openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", pem, server)


@functools.cache
def namespace() -> tuple[str, ...]:
    """What runs a command with mounts of its own; empty where the system does not allow it."""
    for prefix in (("unshare", "--mount"), ("unshare", "--map-root-user", "--mount")):
        try:
            probe = [*prefix, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
            if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
                return prefix
        except OSError:
            break
    return ()


def with_own_mounts(script: str, *, stdin: str = "") -> Done:
    """A shell script as root whose mounts nobody else sees and which vanish with it."""
    if not namespace():
        pytest.skip("This system allows no mount namespaces.")
    return subprocess.run(
        [*namespace(), "sh", "-ec", script], input=stdin, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def command(*arguments: str | Path) -> str:
    return shlex.join([PROGRAM, *map(str, arguments)])
