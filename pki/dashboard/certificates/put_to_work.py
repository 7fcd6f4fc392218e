"""Ready-made instructions with a certificate's values filled in, for each kind of server."""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

from pki.dashboard.attachments import file_stem
from pki.models import Certificate

#: What each is called, and the template of its commands.
KINDS = (
    ("iis", "IIS", "In Windows PowerShell, opened as administrator, in the folder with the files."),
    ("netsh", "netsh http", "For services on http.sys without IIS; in a prompt as administrator."),
    ("nginx", "nginx", "In a server block; then run nginx -t and reload."),
    ("apache", "Apache", "In a virtual host, with mod_ssl; then run apachectl configtest."),
    ("haproxy", "HAProxy", "Certificate and key in one file; then run haproxy -c -f."),
)


@dataclass(frozen=True)
class Instruction:
    id: str
    label: str
    where: str
    commands: str
    #: Names of the files to download first.
    files: tuple[str, ...]


def instructions(row: Certificate) -> list[Instruction]:
    """For a server's certificate; none for others."""
    if row.server_id is None:
        return []
    stem = file_stem(row.common_name)
    values = {
        "certificate": row,
        "fqdn": row.common_name,
        "thumbprint": row.sha1.upper(),
        "stem": stem,
        "port": settings.AGENT_BIND.rpartition(":")[2],
        "key_is_here": row.private_key_id is not None,
    }
    return [
        Instruction(
            id=kind,
            label=label,
            where=where,
            commands=render_to_string(f"certificates/put_to_work/{kind}.txt", values).strip(),
            files=files_for(kind, stem, key_is_here=row.private_key_id is not None),
        )
        for kind, label, where in KINDS
    ]


def files_for(kind: str, stem: str, *, key_is_here: bool) -> tuple[str, ...]:
    if kind in {"iis", "netsh"}:
        return (f"{stem}.pfx" if key_is_here else f"{stem}.cer", "agent_root_ca.cer")
    return (f"{stem}.chain.pem", f"{stem}.key") if key_is_here else (f"{stem}.chain.pem",)
