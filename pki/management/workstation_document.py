"""A workstation as JSON."""

from datetime import datetime
from typing import Any

from pki.models import Workstation


def document(row: Workstation) -> dict[str, Any]:
    certificate = row.certificate
    return {
        "id": row.pk,
        "agent_id": row.agent_id,
        "name": row.name,
        "state": row.state,
        "identifier_taken": row.identifier_taken,
        "alternates_since": text(row.alternates_since),
        "hostname": row.hostname,
        "os": row.os,
        "agent_version": row.agent_version,
        "address": row.address,
        "public_key_sha256": row.public_key_sha256,
        "registered_at": text(row.registered_at),
        "last_seen_at": text(row.last_seen_at),
        "certificate": certificate and certificate.serial_number,
        "not_after": text(certificate.not_after if certificate else None),
    }


def text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
