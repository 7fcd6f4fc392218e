"""What a test can say about the whole database: that nothing changed, that nothing leaked."""

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps

from pki.actions.stored_keys import open_key
from pki.errors import CertiflowError, Unavailable
from pki.models import AuditEvent, PrivateKey
from pki.x509 import keys

#: Given wherever a test needs one, and looked for afterwards where none may be.
PASSWORD = "correct-horse-battery-staple"


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of ours."""
    return {
        model.__name__: [
            {name: plain(value) for name, value in row.items()}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in apps.get_app_config("pki").get_models()
    }


def plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


@contextlib.contextmanager
def refused(code: str, *, field: str = "") -> Iterator[pytest.ExceptionInfo[CertiflowError]]:
    """The block is refused with this code, and afterwards the database is what it was."""
    before = everything()
    with pytest.raises(CertiflowError) as refusal:
        yield refusal
    assert refusal.value.code == code
    assert refusal.value.field == field
    assert refusal.value.message.endswith((".", "?"))
    assert everything() == before


@contextlib.contextmanager
def audited(*expected: str) -> Iterator[list[AuditEvent]]:
    """Exactly these events are written in the block; they are in the list afterwards."""
    newest = AuditEvent.objects.order_by("id").last()
    found: list[AuditEvent] = []
    yield found
    found += AuditEvent.objects.filter(id__gt=newest.pk if newest else 0).order_by("id")
    assert [event.event for event in found] == list(expected)


def assert_nothing_leaked(log: str) -> None:
    """No private key and no password is in the audit trail or in the log, in any usual form."""
    trail = json.dumps(list(AuditEvent.objects.values()), default=str)
    for text in (trail, log):
        assert "PRIVATE KEY" not in text
        assert PASSWORD not in text
        for form in forms_of_stored_keys():
            assert form not in text


def forms_of_stored_keys() -> Iterator[str]:
    for row in PrivateKey.objects.all():
        try:
            der = keys.to_der(open_key(row))
        except Unavailable:
            continue  # A test that took the ring away.
        yield base64.b64encode(der).decode()
        yield der.hex()
        yield bytes(row.sealed).hex()
