"""Somebody who writes the database, and does not have the key ring, edits the audit trail."""

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pki.actions import audit_key, audit_note
from pki.actions.actor import SYSTEM, Actor
from pki.actions.audit import record
from pki.actions.authorities import create_authority
from pki.actions.mails import reminders_mail
from pki.actions.servers import add_server
from pki.jobs import KINDS
from pki.models import (
    AuditEvent,
    AuditSeal,
    Delivery,
    Notice,
    Reminder,
    Role,
    Secret,
    Server,
    User,
)
from pki.x509.keys import KeySpec
from tests.pki.conftest import Signed, person

pytestmark = pytest.mark.django_db

COLUMNS = [field.column for field in AuditEvent._meta.concrete_fields if field.name != "id"]
ANNA = Actor(name="anna", door="dashboard", address="2001:db8:0:0::7")


@pytest.fixture(autouse=True)
def another_trail() -> None:
    audit_key.forget()
    audit_note.remove_note()


def seal() -> str:
    return KINDS["audit-seals"].work()


def verify(*arguments: str) -> str:
    """What `certiflow audit verify` says is wrong; empty when it finds nothing."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("audit", "verify", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return err.getvalue().strip() if end.code == 1 else f"exit code {end.code}"
    return ""


def sql(statement: str, *values: Any) -> int:
    """As somebody at the database's own shell, whom no model keeps from anything."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def written(number: int = 12) -> list[int]:
    """Sealed in three batches."""
    user = User.objects.create(username="anna")
    for n in range(number):
        server = Server(pk=n + 1, fqdn=f"cm{n}.example.com")
        actor = Actor(name="anna", door="dashboard", user=user, address=f"10.0.0.{n}")
        record(actor, "server.added", server, additional_names=[f"cm{n}"], days=n, half=n / 2)
        if n % (number // 3) == number // 3 - 1:
            seal()
    return list(AuditEvent.objects.order_by("id").values_list("id", flat=True))


def test_an_untouched_trail_is_in_order() -> None:
    written()
    record(ANNA, "user.signed_in")
    assert verify() == ""
    out = io.StringIO()
    call_command("audit", "verify", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert (said["ok"], said["events"], said["seals"], said["unsealed"]) == (True, 13, 3, 1)


def test_before_anything_was_recorded_it_is_in_order_too() -> None:
    assert seal() == "Nothing new"
    assert verify() == ""


OTHER = {
    "at": "2020-01-01 00:00:00", "event": "user.signed_out", "actor": "eve", "user_id": 999,
    "door": "command", "address": "192.0.2.66", "object_type": "x", "object_id": "77",
    "object_label": "other.example.com", "detail": '{"days": 8}',
}  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_is_covered(column: str) -> None:
    ids = written()
    value = OTHER.get(column, b"\x01" + bytes(48))
    assert sql(f"UPDATE pki_auditevent SET {column} = %s WHERE id = %s", value, ids[5]) == 1
    assert f"Event {ids[5]:,} " in verify()
    assert "altered" in verify()


@pytest.mark.parametrize("column", ["user_id", "address"])
def test_so_is_that_there_is_nothing_in_it(column: str) -> None:
    ids = written()
    sql(f"UPDATE pki_auditevent SET {column} = NULL WHERE id = %s", ids[5])
    assert f"Event {ids[5]:,} " in verify()


def test_an_event_that_is_not_sealed_yet_cannot_be_changed_either() -> None:
    written()
    event = record(ANNA, "user.signed_in")
    sql("UPDATE pki_auditevent SET actor = 'boris' WHERE id = %s", event.pk)
    assert f"Event {event.pk:,} " in verify()
    seal()
    assert f"Event {event.pk:,} " in verify()


@pytest.mark.parametrize("place", [0, 5, 11])
def test_a_deleted_event_is_missed(place: int) -> None:
    ids = written()
    sql("DELETE FROM pki_auditevent WHERE id = %s", ids[place])
    assert verify().startswith(f"Event {ids[place]:,} is missing")


def test_an_event_that_somebody_else_wrote_is_named() -> None:
    written()
    forged = AuditEvent.objects.create(event="user.signed_in", actor="anna", door="dashboard")
    assert verify().startswith(f"Event {forged.pk:,} ")
    seal()
    assert "inserted" in verify()


def test_a_copy_of_an_event_is_named() -> None:
    ids = written()
    columns = ", ".join(COLUMNS)
    sql(
        f"INSERT INTO pki_auditevent ({columns}) SELECT {columns} FROM pki_auditevent "
        "WHERE id = %s", ids[3],
    )  # fmt: skip
    assert f"is a copy of event {ids[3]:,}" in verify()
    seal()
    assert f"is a copy of event {ids[3]:,}" in verify()


def test_events_that_change_places_are_named() -> None:
    ids = written()
    swap(ids[2], ids[9])
    assert verify().startswith(f"Event {ids[2]:,} ")


def swap(one: int, other: int) -> None:
    for before, after in ((one, -1), (other, one), (-1, other)):
        sql("UPDATE pki_auditevent SET id = %s WHERE id = %s", after, before)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM pki_auditseal WHERE number = 2",
        "DELETE FROM pki_auditseal WHERE number = 1",
        "UPDATE pki_auditseal SET last_id = last_id + 1 WHERE number = 3",
        "UPDATE pki_auditseal SET gaps = '[[2, 3]]' WHERE number = 1",
        "UPDATE pki_auditseal SET gaps = '7' WHERE number = 1",
        "UPDATE pki_auditseal SET late = '[2]' WHERE number = 2",
        "UPDATE pki_auditseal SET late = '{}' WHERE number = 2",
        "UPDATE pki_auditseal SET at = '2020-01-01 00:00:00' WHERE number = 2",
        "UPDATE pki_auditseal SET number = 9 WHERE number = 3",
    ],
)
def test_the_seals_themselves_cannot_be_edited(statement: str) -> None:
    written()
    assert sql(statement) == 1
    assert verify()


def test_a_trail_that_was_cut_off_at_its_end_is_noticed_on_this_machine() -> None:
    """The events of a seal and the seal itself are gone: what is left fits together."""
    ids = written()
    last = audit_note.noted()
    sql("DELETE FROM pki_auditevent WHERE id > %s", ids[7])
    sql("DELETE FROM pki_auditseal WHERE number = 3")
    assert last in verify()
    # Also when the product has gone on from there, and the note is not overwritten by that.
    with pytest.raises(Exception, match="cut off"):
        record_and_seal()
    assert last in verify()


def record_and_seal() -> None:
    record(ANNA, "user.signed_in")
    seal()


def test_a_seal_kept_elsewhere_shows_it_wherever_it_is_asked() -> None:
    ids = written()
    kept = audit_note.noted()
    assert verify("--seal", kept) == ""
    sql("DELETE FROM pki_auditevent WHERE id > %s", ids[7])
    sql("DELETE FROM pki_auditseal WHERE number = 3")
    audit_note.remove_note()
    record(ANNA, "user.signed_in")
    seal()
    assert verify() == ""
    assert verify("--seal", kept).startswith(f"The seal {kept} is not in the database")


def test_a_new_beginning_of_everything_is_noticed() -> None:
    """Seals, events and the secret deleted: the product makes new ones."""
    written()
    sql("DELETE FROM pki_auditevent")
    sql("DELETE FROM pki_auditseal")
    Secret.objects.filter(pk=audit_key.SECRET_ID).delete()
    audit_key.forget()
    record(ANNA, "user.signed_in")
    with pytest.raises(Exception, match="cut off"):
        seal()
    assert "is not in the database" in verify()


def test_without_its_secret_nothing_passes_for_verified() -> None:
    written()
    Secret.objects.filter(pk=audit_key.SECRET_ID).delete()
    assert "secret of the audit trail is missing" in verify()
    record(ANNA, "user.signed_in")
    assert verify()


def test_events_of_before_an_upgrade_are_sealed_as_they_are() -> None:
    for n in range(3):
        AuditEvent.objects.create(event="server.added", actor="anna", door="setup", detail={"n": n})
    ids = list(AuditEvent.objects.order_by("id").values_list("id", flat=True))
    record(ANNA, "user.signed_in")
    seal()
    assert verify() == ""
    sql("UPDATE pki_auditevent SET actor = 'boris' WHERE id = %s", ids[1])
    assert verify().startswith(f"Event {ids[1]:,} ")


def test_no_later_event_passes_for_one_of_before_the_upgrade() -> None:
    ids = written()
    sql("UPDATE pki_auditevent SET proof = %s WHERE id = %s", b"", ids[1])
    sql("DELETE FROM pki_auditseal")
    audit_note.remove_note()
    seal()
    assert verify().startswith(f"Event {ids[1]:,} ")


def test_an_event_that_is_committed_late_is_no_inserted_one(monkeypatch: Any) -> None:
    """PostgreSQL gives out numbers in the order of writing, and not of committing."""
    ids = written()
    late = dict(AuditEvent.objects.values().get(pk=ids[10]))
    sql("DELETE FROM pki_auditevent WHERE id = %s", ids[10])
    sql("DELETE FROM pki_auditseal WHERE number = 3")
    audit_note.remove_note()
    seal()
    assert AuditSeal.objects.get(number=3).gaps == [[ids[10], ids[10]]]
    assert verify() == ""
    put_back(late)
    assert verify() == ""
    seal()
    assert AuditSeal.objects.get(number=4).late == [ids[10]]
    assert verify() == ""
    seal()
    assert AuditSeal.objects.count() == 4
    sql("DELETE FROM pki_auditevent WHERE id = %s", ids[10])
    assert verify().startswith(f"Event {ids[10]:,} is missing")


def put_back(row: dict[str, Any]) -> None:
    AuditEvent.objects.bulk_create([AuditEvent(**row)])


def test_a_number_that_was_free_for_long_is_not_filled_any_more() -> None:
    ids = written()
    late = dict(AuditEvent.objects.values().get(pk=ids[10]))
    sql("DELETE FROM pki_auditevent WHERE id = %s", ids[10])
    sql("DELETE FROM pki_auditseal WHERE number = 3")
    audit_note.remove_note()
    seal()
    AuditSeal.objects.filter(number=3).update(**resealed(timezone.now() - timedelta(days=2)))
    audit_note.remove_note()
    put_back(late)
    seal()
    assert verify().startswith(f"Event {ids[10]:,} ")


def resealed(at: datetime) -> dict[str, Any]:
    """As if it had been made then."""
    from pki.actions.audit_proof import seal_value

    row = AuditSeal.objects.get(number=3)
    row.at = at
    return {"at": at, "value": seal_value(row, audit_key.audit_key().secret)}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has kinds of columns")
@pytest.mark.parametrize("column", [column for column in COLUMNS if column != "detail"])
def test_a_value_that_no_column_can_hold_is_named_and_no_crash(column: str) -> None:
    ids = written()
    sql(f"UPDATE pki_auditevent SET {column} = x'FF00' WHERE id = %s", ids[5])
    assert f"Event {ids[5]:,}" in verify()


def test_an_administrator_cannot_put_in_a_secret_he_knows() -> None:
    """A webhook made to point at the trail's secret, and then given a new signing key."""
    from pki.actions.channels import add_webhook, renew_key
    from pki.models import Channel, RecipientGroup

    written()
    before = audit_key.stored()
    group = RecipientGroup.objects.create(name="Office")
    channel, _ = add_webhook(group, "x", "https://192.0.2.1/", actor=ANNA)
    Channel.objects.filter(pk=channel.pk).update(secret=audit_key.SECRET_ID)
    renew_key(Channel.objects.get(pk=channel.pk), actor=ANNA)
    assert audit_key.stored() == before


def test_what_is_wrong_stands_where_people_look() -> None:
    ids = written()
    add_server("cm99.example.com", actor=ANNA)
    assert "as they were written" in KINDS["audit-verification"].work()
    sql("DELETE FROM pki_auditevent WHERE id = %s", ids[2])
    assert "is missing" in KINDS["audit-verification"].work()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=out, stderr=io.StringIO())
    assert f"Event {ids[2]:,} is missing" in out.getvalue()


# --- Anything at all -----------------------------------------------------------

Attack = Callable[[list[int]], None]


@st.composite
def attacks(draw: Any) -> tuple[str, Attack]:
    one, other = draw(st.lists(st.integers(0, 11), min_size=2, max_size=2, unique=True))
    column = draw(st.sampled_from([name for name in COLUMNS if name != "proof"]))
    columns = ", ".join(COLUMNS)
    kind = draw(st.sampled_from(["change", "delete", "swap", "insert", "copy", "move", "exchange"]))
    match kind:
        case "change":
            return kind, lambda ids: change(column, ids[one])
        case "delete":
            return kind, lambda ids: sql("DELETE FROM pki_auditevent WHERE id = %s", ids[one])
        case "swap":
            return kind, lambda ids: swap(ids[one], ids[other])
        case "insert":
            return kind, lambda _ids: AuditEvent.objects.create(event="x", actor="eve", door="x")
        case "copy":
            return kind, lambda ids: sql(
                f"INSERT INTO pki_auditevent ({columns}) SELECT {columns} FROM pki_auditevent "
                "WHERE id = %s", ids[one],
            )  # fmt: skip
        case "move":
            return kind, lambda ids: sql(
                "UPDATE pki_auditevent SET id = id + 1000 WHERE id = %s", ids[one]
            )
    # Its proof along with the contents.
    return kind, lambda ids: exchange(ids[one], ids[other])


def change(column: str, pk: int) -> None:
    sql(f"UPDATE pki_auditevent SET {column} = %s WHERE id = %s", OTHER[column], pk)


def exchange(one: int, other: int) -> None:
    rows = {pk: AuditEvent.objects.values().get(pk=pk) for pk in (one, other)}
    every = ", ".join(f"{column} = %s" for column in COLUMNS)
    for target, source in ((one, other), (other, one)):
        values = [rows[source][name] for name in COLUMNS]
        values = [json.dumps(v) if isinstance(v, dict) else v for v in values]
        sql(f"UPDATE pki_auditevent SET {every} WHERE id = %s", *values, target)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(attack=attacks())
def test_whatever_is_done_to_it_is_named(attack: tuple[str, Attack]) -> None:
    from django.db import transaction

    kind, do = attack
    audit_note.remove_note()
    with transaction.atomic():
        ids = written()
        assert verify() == ""
        do(ids)
        assert verify(), kind
        transaction.set_rollback(True)


def test_what_was_recorded_by_the_product_in_full_is_in_order() -> None:
    """Not by a loop of the test: with actions, and after they were sealed."""
    for n in range(5):
        add_server(f"a{n}.example.com", actor=SYSTEM)
    seal()
    assert verify() == ""


def installed() -> Signed:
    """Somebody who is signed in, where set-up is done."""
    create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    return Signed(person(Role.ADMINISTRATOR))


def test_administrators_are_reminded_and_the_overview_and_the_page_say_so() -> None:
    ids = written()
    sql("DELETE FROM pki_auditevent WHERE id = %s", ids[2])
    KINDS["audit-verification"].work()
    KINDS["reminders"].work()
    sentence = f"Event {ids[2]:,} is missing"
    [reminder] = Reminder.objects.filter(kind="audit")
    assert sentence in Notice.objects.get(reminder=reminder).text
    reader = installed()
    for page in ("/audit/", "/"):
        said = reader.get(page).content.decode()
        assert "audit trail was altered" in said
        assert sentence in said


def test_the_page_shows_the_verification_and_the_newest_seal() -> None:
    reader = installed()
    assert "Not verified yet" in reader.get("/audit/").content.decode()
    seal()
    KINDS["audit-verification"].work()
    said = reader.get("/audit/").content.decode()
    assert "Verified" in said
    assert audit_note.noted() in said


def test_the_newest_seal_is_in_the_daily_digest() -> None:
    written()
    row = Delivery(sort="digest", address="anna@example.com")
    mail = reminders_mail(row, [], timezone.now())
    bodies = [mail.body, mail.alternatives[0][0]]
    assert all(audit_note.noted() in str(body) for body in bodies)
