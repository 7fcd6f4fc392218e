"""People who need a second factor and have none."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from pki.actions.sign_in_policy import (
    current_sign_in_policy,
    required_from,
    with_second_factor,
)
from pki.dashboard.overview.chores.chore import Chore


def second_factors_missing(now: datetime) -> Iterator[Chore]:
    roles = current_sign_in_policy().second_factor_roles
    people = with_second_factor().filter(is_active=True, role__in=roles)
    having = list(people.values_list("has_second_factor", flat=True))
    missing, begins = having.count(False), required_from()
    if not missing or begins is None:
        return
    verb = "has" if missing == 1 else "have"
    # Where nobody has one, the reader has none.
    way = ("mfa_index", "Add yours") if missing == len(having) else ("settings-users", "Show who")
    yield Chore(
        "soon",
        f"{missing} of {len(having)} people who need a second factor {verb} none",
        "A password can be guessed or seen. They get to nothing else before they add one"
        + (f", from {begins:%Y-%m-%d %H:%M} UTC on." if begins > now else "."),
        reverse(way[0]),
        way[1],
    )
