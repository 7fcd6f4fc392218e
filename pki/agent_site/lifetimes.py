"""When agents should come again, and when they should renew."""

import random
from datetime import datetime

from cryptography import x509
from django.conf import settings

from pki.x509.profiles import renewal_due

#: Seconds until a workstation that waits for approval should ask again.
ASK_AGAIN = 15


def due_for_renewal(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether two thirds of its lifetime are over."""
    return now >= renewal_due(certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def poll_interval() -> int:
    """Seconds until the next hello, spread so that a fleet does not come at once."""
    seconds: int = settings.AGENT_POLL_SECONDS
    return max(1, round(seconds * random.uniform(0.9, 1.1)))  # noqa: S311
