"""One command that changes a store: what runs, and what a person types for it."""

import os
import subprocess
from dataclasses import dataclass

from pki.errors import Unavailable

#: The password travels here and not in the arguments, which every user can read.
PASSWORD_VARIABLE = "CERTIFLOW_PFX_PASSWORD"  # noqa: S105

#: Missing from PATH after a plain `su`.
SYSTEM_DIRECTORIES = ("/usr/sbin", "/sbin")


@dataclass(frozen=True)
class Step:
    command: tuple[str, ...]
    #: What a person types instead, input included.
    typed: str
    stdin: bytes = b""
    #: Whether it gets the PFX's password, in ``PASSWORD_VARIABLE``.
    needs_password: bool = False
    #: What is shown when it runs, where that is not what a person types.
    runs: str = ""

    @property
    def shown(self) -> str:
        return self.runs or self.typed

    def run(self, password: str) -> None:
        """Raises Unavailable ``stores.failed`` with what the command said."""
        try:
            done = subprocess.run(  # noqa: S603
                self.command,
                input=self.stdin,
                env=environment(password if self.needs_password else None),
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise self.failed(error.strerror or str(error)) from None
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace")
            raise self.failed(" ".join(said.split())[-300:].rstrip("."))

    def failed(self, reason: str) -> Unavailable:
        return Unavailable(
            f"{self.command[0]} failed: {reason or 'it gave no reason'}. The files are made; the "
            "store may lack them.",
            code="stores.failed",
        )


def environment(password: str | None) -> dict[str, str]:
    variables = dict(os.environ)
    if os.name == "posix":
        directories = (variables.get("PATH", os.defpath), *SYSTEM_DIRECTORIES)
        variables["PATH"] = os.pathsep.join(directories)
    if password is not None:
        variables[PASSWORD_VARIABLE] = password
    return variables
