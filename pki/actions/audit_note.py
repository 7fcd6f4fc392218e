"""The newest seal of the audit trail, noted where the database's users cannot write."""

import string
from pathlib import Path

from django.conf import settings

from pki.errors import Conflict, InvalidInput
from pki.files import PRIVATE, write_all
from pki.models import AuditSeal

#: In the data directory.
NOTE = "audit_seal"
#: Hexadecimal digits of a seal's value that are enough to know it.
DIGITS = 32


def newest_seal(alias: str = "default") -> AuditSeal | None:
    return AuditSeal.objects.using(alias).order_by("-number").first()


def note_path() -> Path:
    return Path(settings.DATA_DIR) / NOTE


def noted() -> str:
    """The seal as text; empty where none was noted."""
    try:
        return note_path().read_text().strip()
    except OSError:
        return ""


def note(seal: AuditSeal | None) -> None:
    """Not over a seal that the database has lost: that is the evidence.

    Raises Conflict ``audit.rolled_back``.
    """
    before = noted()
    if before and not is_stored(before):
        raise Conflict(
            f"{lost(before)} It is noted in {note_path()}. If you put an older database in place "
            "yourself, remove that file.",
            code="audit.rolled_back",
        )
    if seal is not None and str(seal) != before:
        replace_note(seal)


def replace_note(seal: AuditSeal) -> None:
    content = {NOTE: (f"{seal}\n".encode(), PRIVATE)}
    write_all(Path(settings.DATA_DIR), content, overwrite=True)


def remove_note() -> None:
    note_path().unlink(missing_ok=True)


def lost(seal: str) -> str:
    return (
        f"The seal {seal[:60]} is not in the database: the audit trail was cut off or replaced, "
        "or this is an older database."
    )


def is_stored(text: str) -> bool:
    try:
        number, value = parse_seal(text)
    except InvalidInput:
        return False
    found = AuditSeal.objects.filter(number=number).first()
    return found is not None and bytes(found.value).hex().startswith(value)


def parse_seal(text: str) -> tuple[int, str]:
    """Its number and the beginning of its value. Raises InvalidInput ``audit.seal``."""
    number, _, value = text.strip().lower().partition("-")
    digits = number.isascii() and number.isdecimal() and len(number) <= 18
    if not digits or len(value) < DIGITS or set(value) - set(string.hexdigits):
        raise InvalidInput(
            f"A seal is a number, a hyphen and {DIGITS} hexadecimal digits, as backups and the "
            "daily digest name it.",
            code="audit.seal",
            field="seal",
        )
    return int(number), value
