"""The small installation of `tests/pki`, to be attacked."""

from tests.pki.conftest import *  # noqa: F403
