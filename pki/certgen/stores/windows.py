"""The stores of Windows: Root for the root, My for the server's key, both of LocalMachine."""

import subprocess
from pathlib import Path

from pki.certgen.stores.step import PASSWORD_VARIABLE, Step


def steps(root_file: Path, pfx: Path | None) -> list[Step]:
    command = ("certutil", "-addstore", "-f", "Root", str(root_file))
    trust = Step(command, subprocess.list2cmdline(command))
    return [trust] if pfx is None else [trust, import_pfx(pfx)]


def import_pfx(pfx: Path) -> Step:
    importing = (
        f"Import-PfxCertificate -FilePath {quoted(str(pfx))} "
        "-CertStoreLocation Cert:\\LocalMachine\\My -Password "
    )
    script = (
        # Else a failure would end with exit code 0.
        "$ErrorActionPreference = 'Stop'; "
        "$secret = New-Object System.Security.SecureString; "
        f"if ($env:{PASSWORD_VARIABLE}) {{ $secret = ConvertTo-SecureString "
        f"$env:{PASSWORD_VARIABLE} -AsPlainText -Force }}; "
        f"{importing}$secret"
    )
    command = ("powershell", "-NoProfile", "-NonInteractive", "-Command", script)
    return Step(
        command,
        f"{importing}(Read-Host -AsSecureString 'Password')",
        needs_password=True,
        runs=subprocess.list2cmdline(command),
    )


def quoted(text: str) -> str:
    """A PowerShell string in which nothing is special but the quote, written twice."""
    return "'" + text.replace("'", "''") + "'"
