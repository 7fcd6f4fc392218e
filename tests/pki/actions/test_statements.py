"""The statements written once say what Django's own would say, value for value."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pki.actions import statements
from pki.actions.server_check import locked_server
from pki.models import (
    AuditEvent,
    Authority,
    Certificate,
    PrivateKey,
    Server,
    User,
)

NOW = timezone.now()


def certificate(**fields: Any) -> Certificate:
    return Certificate(
        serial_number="ab", profile="server", subject="CN=Сервер", issuer="CN=x",
        names=["a.example", "б.example"], key_algorithm="ec-p256", der=b"\0\xff", sha256="1" * 64,
        not_before=NOW, not_after=NOW, **fields,
    )  # fmt: skip


def event() -> AuditEvent:
    return AuditEvent(
        event="user.signed_in", actor="anna", door="dashboard", address="2001:db8::1",
        user=User.objects.create(username="anna"), detail={"list": [1, None, "ж"]},
    )  # fmt: skip


def stored(row: Model) -> dict[str, Any]:
    values = type(row)._default_manager.filter(pk=row.pk).values().get()
    return {
        name: bytes(value) if isinstance(value, memoryview) else value
        for name, value in values.items()
    }


@pytest.mark.parametrize(
    "make",
    [certificate, event, lambda: Server(fqdn="a.example", additional_names=["10.0.0.1"]),
     lambda: PrivateKey(algorithm="ec-p256", public_key_sha256="2" * 64, sealed=b"\x01\x02")],
    ids=["certificate", "audit event", "server", "private key"],
)  # fmt: skip
def test_an_inserted_row_is_the_one_that_save_would_write(make: Any) -> None:
    row = make()
    with CaptureQueriesContext(connection) as ours:
        statements.insert(row)
    assert row.pk is not None
    assert not row._state.adding
    written = stored(row)
    type(row)._default_manager.filter(pk=row.pk)._raw_delete(connection.alias)
    others = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    again = type(row)(**{name: getattr(row, name) for name in others})
    with CaptureQueriesContext(connection) as djangos:
        # Not what a model adds to it.
        Model.save(again, force_insert=True)
    primary = row._meta.pk.attname
    theirs = stored(again)
    for name in written.keys() - {primary, "created_at"}:
        assert written[name] == theirs[name], name
    assert len(ours) == len(djangos) == 1


def test_a_row_that_breaks_a_constraint_is_refused_as_ever() -> None:
    statements.insert(certificate(state="issued"))
    with pytest.raises(IntegrityError), transaction.atomic():
        statements.insert(certificate(state="issued"))
    assert Certificate.objects.count() == 1


def test_an_update_changes_the_rows_it_names_and_counts_them() -> None:
    row = certificate(state="prepared")
    other = certificate(state="prepared")
    other.issuer, other.sha256 = "CN=y", "3" * 64
    for new in (row, other):
        statements.insert(new)
    untouched = stored(other)
    changes = {"state": "issued", "der": b"\x00\x01\xfe", "issued_at": NOW}
    assert statements.update(Certificate, changes, id=row.pk, state="prepared") == 1
    assert stored(row) == stored(row) | changes
    assert stored(other) == untouched
    assert statements.update(Certificate, changes, id=row.pk, state="prepared") == 0


def test_an_update_knows_no_name_that_the_model_does_not_have() -> None:
    with pytest.raises(KeyError):
        statements.update(Certificate, {"state = 'issued' --": "x"}, id=1)


def servers_by_number() -> "QuerySet[Server, tuple[Any, ...]]":
    return Server.objects.filter(pk=0).order_by().values_list("fqdn")


def test_a_query_is_written_once_and_read_with_other_parameters() -> None:
    one, two = (Server.objects.create(fqdn=f"cm{n}.example.com") for n in range(2))
    assert statements.read(servers_by_number, one.pk) == [("cm0.example.com",)]
    assert statements.read(servers_by_number, two.pk) == [("cm1.example.com",)]
    assert statements.read(servers_by_number, 0) == []


def test_the_servers_row_is_locked_where_the_database_can(root: Authority, server: Server) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        statements.read(locked_server, server.pk)
    locks = captured[0]["sql"].endswith("FOR UPDATE")
    assert locks is connection.features.has_select_for_update
