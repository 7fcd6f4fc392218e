"""The rollover that is under way, to look at and to change."""

from pki.errors import Conflict
from pki.models import Rollover
from pki.models.rollover import Stage


def open_rollover() -> Rollover | None:
    """With both authorities and their certificates."""
    return (
        Rollover.objects.filter(is_open=True)
        .select_related("old__certificate", "successor__certificate")
        .first()
    )


def locked(rollover: Rollover) -> Rollover:
    """As it is now, for a transaction that changes it. Raises Conflict ``rollover.ended``."""
    row = (
        Rollover.objects.select_for_update(of=("self",))
        .select_related("old", "successor")
        .get(pk=rollover.pk)
    )
    if not row.is_open:
        raise Conflict(
            f"This replacement of the root is {row.get_stage_display().lower()} since "
            f"{row.ended_at:%Y-%m-%d}; nothing is to be done about it any more.",
            code="rollover.ended",
        )
    return row


def refuse_wrong_stage(row: Rollover, wanted: Stage) -> None:
    """Unless ``wanted`` may follow. Raises Conflict ``rollover.stage``."""
    if not row.may_become(wanted):
        raise Conflict(
            f"The replacement of {row.old} is in the stage “{row.get_stage_display()}”, from which "
            f"it cannot become “{wanted.label}”. Look at its page for what comes next.",
            code="rollover.stage",
        )
