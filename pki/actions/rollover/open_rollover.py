"""The rollover that is under way, to look at and to change."""

from cryptography import x509
from django.db.models import QuerySet

from pki.actions.certificate_row import parsed
from pki.errors import Conflict
from pki.models import Certificate, Rollover
from pki.models.rollover import Stage
from pki.x509.profiles import CROSS


def open_rollover() -> Rollover | None:
    """With both authorities and their certificates."""
    return (
        Rollover.objects.filter(is_open=True)
        .select_related("old__certificate", "successor__certificate")
        .first()
    )


def crossed(rollover: Rollover) -> "QuerySet[Certificate]":
    """The cross-certificates between its two roots, and of no earlier replacement."""
    both = (rollover.old, rollover.successor)
    return Certificate.objects.filter(
        profile=CROSS.name,
        state=Certificate.State.ISSUED,
        authority__in=both,
        public_key_sha256__in=[each.certificate.public_key_sha256 for each in both],
    )


def between_roots() -> list[x509.Certificate]:
    """Those of the rollover that is under way; none where there is none."""
    rollover = open_rollover()
    return [parsed(row) for row in crossed(rollover)] if rollover else []


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
