"""The small installation that the product's own tests use."""

from tests.pki.conftest import *  # noqa: F403
