"""What an agent can be told to do: one file a kind, found by its name here. Knows no Django."""

from pki.errors import InvalidInput
from pki.task_kinds.collect_log import COLLECT_LOG
from pki.task_kinds.kind import Kind
from pki.task_kinds.refresh_roots import REFRESH_ROOTS
from pki.task_kinds.renew_certificate import RENEW_CERTIFICATE
from pki.task_kinds.report_inventory import REPORT_INVENTORY

KINDS = {
    kind.name: kind for kind in (RENEW_CERTIFICATE, REFRESH_ROOTS, REPORT_INVENTORY, COLLECT_LOG)
}


def by_name(name: str) -> Kind:
    """Raises InvalidInput ``task.unknown_kind``."""
    try:
        return KINDS[name]
    except KeyError:
        raise InvalidInput(
            f"“{name[:40]}” is no kind of task. Choose one of: {', '.join(KINDS)}.",
            code="task.unknown_kind",
            field="kind",
        ) from None
