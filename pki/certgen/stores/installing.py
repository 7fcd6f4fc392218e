"""`installToStore`: the steps of this system, run where there are the rights, else told."""

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509

from pki.certgen.console import error, say
from pki.certgen.stores import linux, macos, windows
from pki.certgen.stores.step import Step
from pki.x509 import bundles

ADMINISTRATOR = {"Windows": "an administrator, in PowerShell"}


def install(root: x509.Certificate, root_file: Path, pfx: Path | None, password: str) -> bool:
    """Whether everything is in the stores; if not, standard error says what to run.

    ``root_file`` is where a person has the root's certificate. Raises Unavailable
    ``stores.failed`` and ``stores.unknown``.
    """
    system = platform.system()
    if not has_rights(system):
        tell(system, steps_for(system, root, root_file, pfx))
        return False
    with certificate_file(root, root_file) as readable:
        for step in steps_for(system, root, readable, pfx):
            say(f"> {step.shown}")
            step.run(password)
    return True


def steps_for(system: str, root: x509.Certificate, root_file: Path, pfx: Path | None) -> list[Step]:
    match system:
        case "Windows":
            return windows.steps(root_file, pfx)
        case "Darwin":
            return macos.steps(root_file)
        case _:
            return linux.steps(root)


@contextmanager
def certificate_file(root: x509.Certificate, root_file: Path) -> Iterator[Path]:
    """The file, or one for as long as the commands need it: rootKey may have named a PFX."""
    if root_file.is_file() and holds(root_file, root):
        yield root_file
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "agent_root_ca.cer"
        path.write_bytes(bundles.der(root))
        yield path


def holds(file: Path, root: x509.Certificate) -> bool:
    return file.read_bytes() in (bundles.der(root), bundles.pem(root))


def tell(system: str, steps: list[Step]) -> None:
    who = ADMINISTRATOR.get(system, "root")
    error(
        "certgen: the files are made, but nothing was put into this computer's stores, which "
        f"takes the rights of {who.partition(',')[0]}. To do it, run as {who}:"
    )
    for step in steps:
        error(step.typed)


def has_rights(system: str) -> bool:
    if system == "Windows":
        import ctypes

        return bool(ctypes.windll.shell32.IsUserAnAdmin())  # type: ignore[attr-defined]
    return os.geteuid() == 0
