"""The waves of a root's replacement."""

from datetime import timedelta

from pki.actions.actor import SYSTEM
from pki.actions.probes import probe_all
from pki.actions.rollover.open_rollover import open_rollover
from pki.actions.rollover.waves import step, to_look_at
from pki.jobs.kind import Kind
from pki.models.rollover import Stage


def work() -> str:
    rollover = open_rollover()
    if rollover is None or rollover.stage != Stage.REISSUING:
        return "The root is not being replaced" if rollover is None else "Announced"
    if rollover.paused:
        return "Paused"
    # Without waiting for the hourly look at all of them.
    for _ in probe_all(to_look_at(rollover), actor=SYSTEM):
        pass
    return step(rollover).in_words()


KIND = Kind(
    "rollover",
    "Replacing the root",
    "While a root is being replaced: renews servers and asks workstations to renew, wave after "
    "wave, and looks whether servers use their new certificates.",
    timedelta(minutes=1),
    work,
)
