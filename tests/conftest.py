"""Which tests are slow by their nature: `make check` leaves those to `make test`.

Those that take minutes begin first, so that no processor waits for one of them in the end
(with `--no-loadscope-reorder`, which keeps this order).
"""

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


#: The longest first.
MINUTES = (
    HERE / "postgresql" / "test_same_behaviour.py",
    HERE / "faults",
    HERE / "simulation",
    HERE / "browser",
)


def begins(item: pytest.Item) -> int:
    places = (n for n, place in enumerate(MINUTES) if item.path.is_relative_to(place))
    return next(places, len(MINUTES))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=begins)
    for item in items:
        if any(item.path.is_relative_to(place) for place in STARTED):
            item.add_marker(pytest.mark.started)
