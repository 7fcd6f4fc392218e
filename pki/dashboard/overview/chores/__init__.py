"""What needs a hand, each with the way out; as many queries for three servers as for a thousand.

A noun is one file; `chores` asks them, the most urgent first.
"""

from datetime import datetime

from pki.dashboard.overview.chores.chore import Chore
from pki.dashboard.overview.chores.clock import the_clock
from pki.dashboard.overview.chores.installation import altered_trail, installation
from pki.dashboard.overview.chores.messages import messages_lost, nobody_told
from pki.dashboard.overview.chores.roots import roots_in_need
from pki.dashboard.overview.chores.servers import servers_in_need, this_host
from pki.dashboard.overview.chores.sign_in import second_factors_missing
from pki.dashboard.overview.chores.workstations import (
    changes_left,
    workstations_alternating,
    workstations_overdue,
    workstations_waiting,
)

__all__ = ["Chore", "chores"]


def chores(now: datetime) -> list[Chore]:
    return [
        *altered_trail(),
        *the_clock(now),
        *messages_lost(now),
        *workstations_waiting(),
        *workstations_alternating(),
        *changes_left(now),
        *servers_in_need(),
        *workstations_overdue(),
        *this_host(),
        *roots_in_need(now),
        *nobody_told(),
        *second_factors_missing(now),
        *installation(now),
    ]
