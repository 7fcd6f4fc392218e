"""Secrets of second factors, sealed like any other, with a reference in their place.

allauth keeps the secret of one-time codes and the seed of recovery codes in its own tables, as
texts. Each becomes a record of ours, which `rekey`, `doctor` and backups know already.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.sealed_rows import keep
from pki.actions.stored_secrets import open_secret, sealed_secret
from pki.errors import Unavailable
from pki.models import Secret

#: How a reference begins; neither base32 nor hexadecimal digits, which such secrets are, do so.
SEALED = "sealed:"
#: What is sealed says what it is, so that nothing else can be put in its place.
KIND = "second factor"
#: Of allauth's JSON, by its type of authenticator.
FIELDS = {"totp": "secret", "recovery_codes": "seed"}


def put_away(text: str) -> str:
    """The reference to ``text``, sealed."""
    row = sealed_secret({"kind": KIND, "text": text})
    keep(row)
    return f"{SEALED}{row.pk}"


def text_of(reference: str) -> str:
    """What `put_away` was given; one that is in the clear still is what it is.

    Raises Unavailable ``second_factor.missing`` and what opening raises.
    """
    if not reference.startswith(SEALED):
        return reference
    row = Secret.objects.filter(pk=key_in(reference)).first()
    facts = open_secret(row) if row else {}
    if facts.get("kind") != KIND:
        raise missing()
    return facts["text"]


def key_in(reference: str) -> UUID:
    try:
        return UUID(reference.removeprefix(SEALED))
    except ValueError:
        raise missing() from None


def missing() -> Unavailable:
    return Unavailable(
        "The secret of this second factor is not in the database any more, so no code can be "
        "checked. Sign in with another one, or ask an administrator to take it away.",
        code="second_factor.missing",
    )


def forget(data: dict[str, Any]) -> None:
    """The sealed record of a second factor that is taken away."""
    keys = [key_in(text) for text in texts(data) if text.startswith(SEALED)]
    Secret.objects.filter(pk__in=keys).delete()


def texts(data: dict[str, Any]) -> Iterator[str]:
    for name in FIELDS.values():
        if isinstance(data.get(name), str):
            yield data[name]


def in_the_clear() -> list[Any]:
    """Those of an installation that did not seal them yet."""
    return [
        row
        for row in authenticators()
        if not all(text.startswith(SEALED) for text in texts(row.data))
    ]


def authenticators() -> Any:
    return apps.get_model("mfa", "Authenticator")._default_manager.filter(type__in=FIELDS)


def seal_those_in_the_clear(*, actor: Actor) -> int:
    """How many there were; quiet and quick when there are none."""
    if not in_the_clear():
        return 0
    with transaction.atomic():
        rows = list(authenticators().select_for_update().order_by("pk"))
        sealed = sum(seal_one(row) for row in rows)
        record(actor, "vault.second_factors_sealed", sealed=sealed)
    return sealed


def seal_one(row: Any) -> bool:
    name = FIELDS[row.type]
    text = row.data.get(name)
    if not isinstance(text, str) or text.startswith(SEALED):
        return False
    row.data[name] = put_away(text)
    row.save(update_fields=["data"])
    return True
