"""The roots agents are told of, looked up at most once in some seconds by each process."""

import time
from uuid import UUID

from pki.actions.trusted_roots import TrustedRoot, newest_known, trusted_roots

GOOD_FOR = 5.0

_known: tuple[float, list[TrustedRoot]] = (-GOOD_FOR, [])


def announced_roots(*, anew: bool = False) -> list[TrustedRoot]:
    """The active one first."""
    global _known
    looked_at, roots = _known
    if anew or not roots or time.monotonic() - looked_at >= GOOD_FOR:
        roots = trusted_roots()
        _known = (time.monotonic(), roots)
    return roots


def newest_announced(told: set[str]) -> UUID | None:
    """Of the roots with these fingerprints the newest that is announced; None if none is.

    One that this process has not heard of may have been announced by another just now.
    """
    roots = announced_roots()
    if told - {root.sha256 for root in roots}:
        roots = announced_roots(anew=True)
    return newest_known(told, roots)
