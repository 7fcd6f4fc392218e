"""The secret of the audit trail: made once, remembered only when it is really stored."""

import contextlib
import threading

import pytest
from django.db import connection, transaction

from pki.actions import audit_key
from pki.actions.actor import SYSTEM
from pki.actions.audit import record
from pki.actions.audit_verification import verify
from pki.models import Secret

#: What counts is what is committed.
committed = pytest.mark.django_db(transaction=True)


@committed
def test_one_whose_transaction_failed_is_not_used_again() -> None:
    with contextlib.suppress(KeyError), transaction.atomic():
        record(SYSTEM, "user.signed_in")
        raise KeyError
    assert audit_key.stored() is None
    record(SYSTEM, "user.signed_in")
    assert audit_key.stored() == audit_key.audit_key()
    assert verify().fault == ""


@committed
def test_those_who_make_it_at_once_get_the_same() -> None:
    found: list[audit_key.AuditKey] = []
    together = threading.Barrier(4)

    def make() -> None:
        together.wait()
        found.append(audit_key.made())
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({each.secret for each in found}) == 1
    assert Secret.objects.count() == 1


@committed
def test_another_one_in_the_database_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a restore while this process goes on."""
    before = audit_key.audit_key()
    Secret.objects.all().delete()
    assert audit_key.audit_key() is before
    monkeypatch.setattr(audit_key, "FRESH", 0.0)
    assert audit_key.audit_key() != before


def test_it_shows_itself_nowhere() -> None:
    key = audit_key.audit_key()
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)
