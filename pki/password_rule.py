"""What a password must withstand, for people and for files; and passwords made by chance."""

import re
import secrets
import threading
from collections.abc import Iterable

from pki.errors import InvalidInput

LENGTH = 12
#: The estimator takes more than a second for forty characters chosen to keep it busy, and five
#: for a hundred; what comes after these makes no password weaker.
JUDGED = 40
#: Words that an attacker tries here first.
PRODUCT = ("certiflow", "axidian", "certiflowadmin", "dashboard", "administrator")
#: Without the characters that are read as one another; it is typed from paper.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 6, 4

#: The estimator keeps the words of the last call for the whole process.
_estimating = threading.Lock()


#: Guesses that it takes at least, by the estimate. A person's is tried at a page that counts, or
#: against a slow hash (zxcvbn's score 3).
PEOPLE = 10**8
#: Whoever finds a file tries for years, unseen (zxcvbn's score 4, its highest: against guessing
#: offline at a slow hash).
FILES = 10**10


def check_password(
    password: str, guesses: int, *, known: Iterable[str] = (), field: str = "password"
) -> None:
    """Raises InvalidInput ``password.weak``; ``known`` are words an attacker would try."""
    if len(password) < LENGTH:
        raise InvalidInput(
            f"This password has {len(password)} characters; at least {LENGTH} are needed. Choose "
            "a longer one: four or five words that have nothing to do with each other.",
            code="password.weak",
            field=field,
        )
    reason = weakness(password, guesses, known)
    if reason is not None:
        raise InvalidInput(reason, code="password.weak", field=field)


def weakness(password: str, guesses: int, known: Iterable[str] = ()) -> str | None:
    """Why it is too easy to guess, and what to do; None if it is not."""
    # Only here: its word lists take a while to load.
    from zxcvbn import zxcvbn

    with _estimating:
        estimate = zxcvbn(password[:JUDGED], [*PRODUCT, *words(known)], max_length=JUDGED)
    if estimate["guesses"] >= guesses:
        return None
    why = str(estimate["feedback"]["warning"]).rstrip(".")
    return (
        f"This password is too easy to guess{f': {why[0].lower()}{why[1:]}' if why else ''}. "
        "Choose another one: four or five words that have nothing to do with each other, or one "
        "made by chance."
    )


def words(texts: Iterable[str]) -> list[str]:
    """Each text as it is, and the words in it."""
    found = [word for text in texts for word in (text, *re.split(r"[\W_]+", text)) if len(word) > 2]
    return list(dict.fromkeys(found))


def random_password() -> str:
    """117 bits, such as ``k7mq-x4td-92vb-hnpw-6rzc-fj3s``."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
