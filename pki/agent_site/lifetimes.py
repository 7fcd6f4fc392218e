"""When agents should come again, and when they should renew."""

import random
from datetime import datetime

from cryptography import x509
from django.conf import settings

#: Seconds until a workstation that waits for approval should ask again.
ASK_AGAIN = 15
#: Of the lifetime; after that an agent should have a new certificate.
RENEW_AFTER = 2 / 3


def due_for_renewal(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether two thirds of its lifetime are over."""
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return now >= certificate.not_valid_before_utc + lifetime * RENEW_AFTER


def poll_interval() -> int:
    """Seconds until the next hello, spread so that a fleet does not come at once."""
    seconds: int = settings.AGENT_POLL_SECONDS
    return max(1, round(seconds * random.uniform(0.9, 1.1)))  # noqa: S311
