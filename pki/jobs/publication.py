"""Revocation lists and OCSP responders, renewed before anyone has to wait for them."""

from datetime import timedelta

from django.utils import timezone

from pki.actions import clock
from pki.actions.ocsp_responder import renew_responder
from pki.actions.revocation_lists import current_list, next_due
from pki.jobs.kind import Kind
from pki.models import Authority


def work() -> str:
    said = []
    # Also of those that are retired, until they end; then nobody asks any more.
    for authority in Authority.objects.filter(certificate__not_after__gt=timezone.now()):
        current = current_list(authority.pk)
        renew_responder(authority.pk)
        again = next_due(authority.pk)
        if again is not None:
            clock.bring_forward(clock.PUBLICATION, again)
        said.append(f"{authority}: list {current.number} with {current.entries:,} entries")
    return "; ".join(said) or "There is no root yet"


KIND = Kind(
    clock.PUBLICATION,
    "Revocation lists and OCSP",
    "Signs each authority's revocation list and renews its OCSP responder ahead of time. Without "
    "it OCSP ends to answer within a month, and the public site gives out lists of before.",
    timedelta(minutes=30),
    work,
)
