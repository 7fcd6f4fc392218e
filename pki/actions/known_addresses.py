"""The addresses from which each person signed in, where guesses of others slow nothing down."""

from datetime import datetime, timedelta

from django.utils import timezone

from pki.models import KnownAddress, User

#: For each person; the one that was not used for longest gives way.
LIMIT = 20
KEEP = timedelta(days=180)


def is_known_address(user: User, network: str | None) -> bool:
    return network is not None and KnownAddress.objects.filter(user=user, network=network).exists()


def remember_address(user: User, network: str | None) -> None:
    """In the caller's transaction, which writes down that the person signed in."""
    if network is None:
        return
    KnownAddress.objects.update_or_create(
        user=user, network=network, defaults={"last_used_at": timezone.now()}
    )
    known = KnownAddress.objects.filter(user=user).order_by("-last_used_at", "-pk")
    over = list(known.values_list("pk", flat=True)[LIMIT:])
    if over:
        KnownAddress.objects.filter(pk__in=over).delete()


def forget_old_addresses(now: datetime) -> None:
    KnownAddress.objects.filter(last_used_at__lt=now - KEEP).delete()
