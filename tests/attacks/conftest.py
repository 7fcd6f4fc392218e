"""The people and the installation of tests/pki, seen by somebody with bad intentions."""

from tests.pki.conftest import (
    administrator,
    as_administrator,
    as_operator,
    as_viewer,
    authority,
    confirmed,
    forgotten_attempts,
)

__all__ = [
    "administrator",
    "as_administrator",
    "as_operator",
    "as_viewer",
    "authority",
    "confirmed",
    "forgotten_attempts",
]
