"""Workstations of any age, as rows: a certificate each, as if it had been issued then."""

from datetime import timedelta
from itertools import count

from django.utils import timezone

from pki.models import Authority, Certificate, Workstation
from pki.x509.profiles import WORKSTATION, renewal_due

NUMBERS = count(1)


def fleet(
    authority: Authority,
    *,
    number: int = 1,
    ends: float = 365,
    seen: float | None = 0,
    renewed: float | None = None,
    state: str = "trusted",
) -> list[Workstation]:
    """So many whose certificates end in so many days, and that were seen so many days ago.

    With ``renewed`` the certificate came in another's place so many days ago.
    """
    now = timezone.now()
    end = now + timedelta(days=ends)
    start = end - WORKSTATION.lifetime
    made = []
    for _ in range(number):
        key = f"{next(NUMBERS):064x}"
        certificate = Certificate(
            serial_number=key[-40:],
            profile="workstation",
            state="issued",
            source="request",
            authority=authority,
            common_name=f"id-{key[-4:]}",
            subject=f"CN=id-{key[-4:]}",
            issuer=authority.certificate.subject,
            key_algorithm="ec-p256",
            public_key_sha256=key,
            not_before=start,
            not_after=end,
            sha1=key[-40:],
            sha256=key,
            issued_at=start,
        )
        row = Workstation(
            agent_id=f"id-{key[-4:]}",
            public_key_sha256=key,
            state=state,
            name=f"pc-{key[-4:]}",
            hostname=f"pc-{key[-4:]}.example.com",
            certificate=certificate,
            expires_at=end,
            renewal_due_at=renewal_due(start, end),
            renewed_at=None if renewed is None else now - timedelta(days=renewed),
            last_seen_at=None if seen is None else now - timedelta(days=seen),
            registered_at=start,
        )
        made.append((certificate, row))
    Certificate.objects.bulk_create(certificate for certificate, _ in made)
    return Workstation.objects.bulk_create(row for _, row in made)
