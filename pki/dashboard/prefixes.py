"""Looking for the beginning of a text so that the database uses the column's index."""

from django.db import connection
from django.db.models import Q

from pki.models import Workstation

#: Sorts after every character that a text can have.
LAST = chr(0x10FFFF)


def begins_with(column: str, text: str) -> Q:
    """Rows whose ``column`` begins with ``text``, in the same case.

    SQLite ignores the case in LIKE, and so no index helps it there; a range means the
    same. PostgreSQL sorts by the rules of a language, where only LIKE means the same,
    and has an index for that beside every column with ``db_index``.
    """
    if connection.vendor == "sqlite":
        return Q(**{f"{column}__gte": text, f"{column}__lt": text + LAST})
    return Q(**{f"{column}__startswith": text})


def of_workstation(text: str) -> Q:
    """Certificates of the workstations with this identifier, in any spelling of it."""
    return Q(workstation__in=with_identifier(text))


def with_identifier(text: str) -> list[int]:
    return list(Workstation.objects.identified(text).order_by().values_list("pk", flat=True))
