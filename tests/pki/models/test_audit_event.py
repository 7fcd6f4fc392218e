"""An audit event is written once; neither a change nor a removal gets through the model."""

import pytest

from pki.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> AuditEvent:
    return AuditEvent.objects.create(event="user.signed_in", actor="anna", door="dashboard")


def test_it_cannot_be_changed(event: AuditEvent) -> None:
    event.actor = "nobody"
    with pytest.raises(TypeError, match="never changed"):
        event.save()
    with pytest.raises(TypeError, match="never changed"):
        event.save(update_fields=["actor"])
    assert AuditEvent.objects.get().actor == "anna"


def test_it_cannot_be_deleted(event: AuditEvent) -> None:
    with pytest.raises(TypeError, match="never deleted"):
        event.delete()
    assert AuditEvent.objects.count() == 1


def test_many_at_once_cannot_be_changed_or_deleted_either(event: AuditEvent) -> None:
    with pytest.raises(TypeError, match="never changed"):
        AuditEvent.objects.filter(actor="anna").update(actor="nobody")
    with pytest.raises(TypeError, match="never deleted"):
        AuditEvent.objects.all().delete()
    assert AuditEvent.objects.get().actor == "anna"


def test_the_newest_comes_first(event: AuditEvent) -> None:
    newer = AuditEvent.objects.create(event="user.signed_out", actor="anna", door="dashboard")
    assert list(AuditEvent.objects.all()) == [newer, event]


def test_it_reads_as_a_line(event: AuditEvent) -> None:
    assert str(event).endswith(" anna user.signed_in ")
