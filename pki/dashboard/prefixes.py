"""Looking for the beginning of a text so that the database uses the column's index."""

from django.db import connection
from django.db.models import Q

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
