"""The roots agents are told of, looked up at most once in some seconds by each process."""

import time

from pki.actions.trusted_roots import TrustedRoot, trusted_roots

GOOD_FOR = 5.0

_known: tuple[float, list[TrustedRoot]] = (-GOOD_FOR, [])


def announced_roots() -> list[TrustedRoot]:
    """The active one first."""
    global _known
    looked_at, roots = _known
    if not roots or time.monotonic() - looked_at >= GOOD_FOR:
        roots = trusted_roots()
        _known = (time.monotonic(), roots)
    return roots
