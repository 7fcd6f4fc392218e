"""When the certificates in use end: of each kind, how many in which stretch of time."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from pki.dashboard.counting import counted
from pki.models import Authority, Certificate, Server, Workstation


class Ends:
    """How many end between any two of the ``cuts``, which are in order."""

    def __init__(self, cuts: Sequence[datetime], numbers: Sequence[int]) -> None:
        self.places = {cut: place for place, cut in enumerate(cuts)}
        self.numbers = numbers

    def between(self, start: datetime | None, end: datetime | None) -> int:
        """From ``start`` on and before ``end``; None is no limit."""
        first = 0 if start is None else self.places[start] + 1
        return sum(self.numbers[first : None if end is None else self.places[end] + 1])


def of_few(cuts: Sequence[datetime], ends: Iterable[datetime]) -> Ends:
    numbers = [0] * (len(cuts) + 1)
    for end in ends:
        numbers[bisect_right(cuts, end)] += 1
    return Ends(cuts, numbers)


def server_ends() -> list[tuple[datetime, int]]:
    """When each server's certificate ends, and the server's key, the next one first.

    All of them, since there are hundreds; asked for the ones issued, a database would look
    among the certificates of every workstation.
    """
    rows = Server.objects.order_by().values_list(
        "certificate__not_after", "pk", "certificate__state"
    )
    return sorted((end, pk) for end, pk, state in rows if state == Certificate.State.ISSUED)


def of_servers(cuts: Sequence[datetime]) -> Ends:
    return of_few(cuts, (end for end, _ in server_ends()))


def of_workstations(cuts: Sequence[datetime]) -> Ends:
    """By the index: each end is counted once, and none of the rows is read."""
    rows = Workstation.objects.all()
    limits = zip([None, *cuts], [*cuts, None], strict=True)
    wanted = {}
    for place, (start, end) in enumerate(limits):
        asked = rows.filter(expires_at__lt=end) if end else rows
        wanted[str(place)] = asked.filter(expires_at__gte=start) if start else asked
    return Ends(cuts, list(counted(wanted).values()))


def of_roots(cuts: Sequence[datetime]) -> Ends:
    roots = (row.certificate for row in authorities())
    return of_few(cuts, (root.not_after for root in roots if root.state == root.State.ISSUED))


def authorities() -> QuerySet[Authority]:
    """With their certificates, which two small questions find at once, and a join may not."""
    certificates = Certificate.objects.defer("der", "chain")
    return Authority.objects.prefetch_related(Prefetch("certificate", certificates))


@dataclass(frozen=True)
class Kind:
    label: str
    ends: Callable[[Sequence[datetime]], Ends]
    #: The list that has them, and its filters that say which hold and which do not.
    list_name: str
    valid: str
    expired: str

    def listed(self, filters: str) -> str:
        return f"{reverse(self.list_name)}?{filters}"


KINDS = (
    Kind("Servers", of_servers, "server-list", "state=valid", "state=expired"),
    Kind(
        "Workstations",
        of_workstations,
        "workstation-list",
        "certificate=valid",
        "certificate=expired",
    ),
    Kind(
        "Roots",
        of_roots,
        "certificate-list",
        "profile=root&state=valid",
        "profile=root&state=expired",
    ),
)
