"""Putting certificates into the stores of the computer, with its own commands.

Each command is printed before it runs. Passwords go through the environment, never
through the arguments, which every user of the computer can read.
"""

import ctypes
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from pki.errors import Unavailable
from pki.x509 import bundles

Say = Callable[[str], None]

PASSWORD_VARIABLE = "CERTIFLOW_PFX_PASSWORD"  # noqa: S105
ANCHOR = "certiflow-cm-agent-ca.crt"

#: Where a Linux keeps the anchors people add, and what makes it read them.
DEBIAN = (Path("/usr/local/share/ca-certificates"), ("update-ca-certificates",))
RHEL = (Path("/etc/pki/ca-trust/source/anchors"), ("update-ca-trust", "extract"))


@dataclass(frozen=True)
class Step:
    """One command; ``shown`` is what a person would type."""

    command: tuple[str, ...]

    @property
    def shown(self) -> str:
        return shlex.join(self.command)


def install(root: x509.Certificate, pfx: Path | None, password: str, say: Say, error: Say) -> bool:
    """Whether everything is in the stores; if not, ``error`` was told what to run."""
    with pem_file(root) as anchor:
        steps = steps_for(platform.system(), anchor, pfx)
        if not has_rights():
            error(
                "Nothing was put into the stores: that needs "
                + ("an administrator." if platform.system() == "Windows" else "root.")
                + " The files are made; run this again as such, with --force, or run:"
            )
            for step in steps_for(platform.system(), Path("agent_root_ca.pem"), pfx):
                error(f"  {step.shown}")
            return False
        for step in steps:
            say(f"> {step.shown}")
            run(step, password)
    return True


@contextmanager
def pem_file(certificate: x509.Certificate) -> Iterator[Path]:
    """The certificate as PEM in a file for as long as the commands need it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "agent_root_ca.pem"
        path.write_bytes(bundles.pem(certificate))
        yield path


def steps_for(system: str, anchor: Path, pfx: Path | None) -> list[Step]:
    """The commands of each system. Raises Unavailable ``stores.unknown``."""
    if system == "Windows":
        return windows_steps(anchor, pfx)
    if system == "Darwin":
        keychain = "/Library/Keychains/System.keychain"
        return [
            Step(("security", "add-trusted-cert", "-d", "-r", "trustRoot", "-k", keychain,
                  str(anchor)))
        ]  # fmt: skip
    for directory, update in (DEBIAN, RHEL):
        if directory.parent.is_dir() and (shutil.which(update[0]) or directory.is_dir()):
            copy = ("install", "-m", "644", str(anchor), str(directory / ANCHOR))
            return [Step(("mkdir", "-p", str(directory))), Step(copy), Step(update)]
    raise Unavailable(
        "This system's trust store is not known here. Add agent_root_ca.cer to it by hand; the "
        "files are made.",
        code="stores.unknown",
    )


def windows_steps(anchor: Path, pfx: Path | None) -> list[Step]:
    steps = [Step(("certutil", "-addstore", "-f", "Root", str(anchor)))]
    if pfx is not None:
        path = str(pfx).replace("'", "''")
        script = (
            f"$secret = New-Object System.Security.SecureString; "
            f"if ($env:{PASSWORD_VARIABLE}) {{ $secret = ConvertTo-SecureString "
            f"$env:{PASSWORD_VARIABLE} -AsPlainText -Force }}; "
            f"Import-PfxCertificate -FilePath '{path}' "
            "-CertStoreLocation Cert:\\LocalMachine\\My -Password $secret"
        )
        steps.append(Step(("powershell", "-NoProfile", "-Command", script)))
    return steps


def run(step: Step, password: str) -> None:
    """Raises Unavailable ``stores.failed`` with what the command said."""
    try:
        done = subprocess.run(  # noqa: S603
            step.command,
            env={**os.environ, PASSWORD_VARIABLE: password},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise failed(step, error.strerror or str(error)) from None
    if done.returncode:
        raise failed(step, (done.stderr or done.stdout).strip()[-300:])


def failed(step: Step, reason: str) -> Unavailable:
    return Unavailable(
        f"{step.command[0]} failed: {reason or 'it gave no reason'}. The files are made; the store "
        "may lack them.",
        code="stores.failed",
    )


def has_rights() -> bool:
    if platform.system() == "Windows":
        return bool(ctypes.windll.shell32.IsUserAnAdmin())  # type: ignore[attr-defined]
    return os.geteuid() == 0
