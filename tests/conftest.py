"""Which tests are slow by their nature: `make check` leaves those to `make test`."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
#: What starts the product in processes of its own, as a user does.
STARTED = (
    HERE / "certiflow_admin" / "test_up.py",
    HERE / "pki" / "agent_site",
    HERE / "pki" / "certgen",
    HERE / "pki" / "management",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(place) for place in STARTED):
            item.add_marker(pytest.mark.started)
