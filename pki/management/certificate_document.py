"""A certificate as the shell shows it: a JSON document, or lines for people."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from pki.models import Certificate


def document(row: Certificate, now: datetime) -> dict[str, Any]:
    """Fingerprints and serial number in lower-case hexadecimal, times in UTC."""
    server = row.server
    return {
        "serial": row.serial_number,
        "common_name": row.common_name,
        "names": row.names,
        "profile": row.profile,
        "state": row.state,
        "condition": row.condition(now),
        "not_before": timestamp(row.not_before),
        "not_after": timestamp(row.not_after),
        "days_left": row.time_left(now).days,
        "fingerprints": {"sha1": row.sha1, "sha256": row.sha256},
        "key": row.key_algorithm,
        "private_key_kept": row.private_key_id is not None,
        "server": server.fqdn if server else None,
        "current": server is not None and server.certificate_id == row.pk,
        "authority": row.authority.common_name if row.authority else None,
        "issuer": row.issuer,
        "revoked_at": timestamp(row.revoked_at) if row.revoked_at else None,
        "revocation_reason": row.revocation_reason or None,
    }


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines(row: Certificate) -> list[str]:
    """What a person compares with what a server or a browser shows."""
    now = timezone.now()
    facts = {
        "Serial number": row.serial_number,
        "Names": ", ".join(row.names) or row.common_name,
        "State": state_text(row, now),
        "Valid": f"{row.not_before:%Y-%m-%d %H:%M} to {row.not_after:%Y-%m-%d %H:%M} UTC",
        "Key": f"{row.key_label}, {'kept here, sealed' if row.private_key_id else 'not kept here'}",
        "Issued by": row.issuer,
        "SHA-1 thumbprint": row.sha1.upper(),
        "SHA-256": row.sha256.upper(),
    }
    return [f"  {label + ':':<18}{value}" for label, value in facts.items()]


def state_text(row: Certificate, now: datetime) -> str:
    condition = row.condition(now)
    days = row.time_left(now).days
    if condition in {"valid", "expiring"}:
        return f"{condition}, {days} {'day' if days == 1 else 'days'} left"
    if condition == "revoked":
        return f"revoked on {row.revoked_at:%Y-%m-%d}: {row.get_revocation_reason_display()}"
    return condition


def page_address(row: Certificate) -> str:
    """Where the dashboard shows it, with instructions for each kind of server."""
    return f"{dashboard_address()}certificates/{row.serial_number}/"


def dashboard_address() -> str:
    port = settings.DASHBOARD_BIND.rpartition(":")[2]
    return f"https://{settings.HOST}{'' if port == '443' else ':' + port}/"
