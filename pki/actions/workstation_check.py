"""What is looked at before a certificate for a workstation is reserved."""

from typing import Any

from django.db.models import QuerySet

from pki.actions import statements
from pki.errors import Conflict
from pki.models import Certificate, Workstation


def check_not_renewed(workstation: Workstation, expected: Certificate | None) -> None:
    """The workstation's certificate is still the one the order was based on.

    Raises Conflict ``workstation.changed``.
    """
    if statements.read(locked_workstation, workstation.pk) != [(expected and expected.pk,)]:
        raise Conflict(
            "Another request got a certificate for this workstation meanwhile. Ask again in a few "
            "seconds with the same key.",
            code="workstation.changed",
        )


def locked_workstation() -> "QuerySet[Workstation, tuple[Any, ...]]":
    rows = Workstation.objects.select_for_update().filter(pk=0).order_by()
    return rows.values_list("certificate_id")
