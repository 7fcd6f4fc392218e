"""How often certificates of an authority were revoked: what was published before is out of date."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from pki.actions.clock import PUBLICATION, bring_forward
from pki.models import Authority


def count_revocations(authority_ids: Iterable[UUID | None]) -> None:
    """The last thing a transaction that revokes does.

    Last, so that whoever revokes at the same time waits for nothing but the commit.
    """
    for pk, times in sorted(Counter(filter(None, authority_ids)).items()):
        Authority.objects.filter(pk=pk).update(revocations=F("revocations") + times)
        bring_forward(PUBLICATION, timezone.now())
