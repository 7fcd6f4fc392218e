"""Revocation lists and OCSP responders, renewed before anyone has to wait for them."""

from datetime import timedelta

from django.utils import timezone

from pki.actions.ocsp_responder import responder_of
from pki.actions.revocation_lists import current_list
from pki.jobs.kind import Kind
from pki.models import Authority


def work() -> str:
    said = []
    # Also of those that are retired, until they end; then nobody asks any more.
    for authority in Authority.objects.filter(certificate__not_after__gt=timezone.now()):
        current = current_list(authority.pk)
        responder_of(authority.pk)
        said.append(f"{authority}: list {current.number} with {current.entries:,} entries")
    return "; ".join(said) or "There is no root yet"


KIND = Kind(
    "publication",
    "Revocation lists and OCSP",
    "Signs each authority's revocation list and renews its OCSP responder ahead of time. Without "
    "it both are renewed when someone asks.",
    timedelta(minutes=30),
    work,
)
