"""One line of the audit trail: who did what, to what, when, from where."""

from typing import Any

from django.db import models
from django.utils import timezone

from pki.models.outside_json_field import OutsideJSONField


class Written(models.QuerySet["AuditEvent"]):
    """Events that can be read and nothing else."""

    def update(self, **_changes: Any) -> int:
        raise TypeError("An audit event is written once and never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("An audit event is never deleted.")


class AuditEvent(models.Model):
    """Written once by an action, inside its transaction; never changed or deleted."""

    at = models.DateTimeField(default=timezone.now)
    #: What happened, as ``noun.verb`` in the past tense: ``certificate.issued``.
    event = models.CharField(max_length=40)
    #: Kept as text: the trail outlives the account.
    actor = models.CharField(max_length=150)
    #: Stays when the account is deleted: the proof covers it.
    user = models.ForeignKey(
        "pki.User", on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    #: The door it came through: dashboard, command, setup, system ...
    door = models.CharField(max_length=16)
    address = models.GenericIPAddressField(null=True)
    #: What it was done to: a model's name, its key and how people call it.
    object_type = models.CharField(max_length=24, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    object_label = models.CharField(max_length=300, blank=True)
    #: Facts worth keeping; never a key, a password or a code.
    detail = OutsideJSONField(default=dict)
    #: Shows that the product wrote it, as it stands here; empty in events of before there were
    #: proofs (`pki.actions.audit_proof`).
    proof = models.BinaryField(default=b"")

    objects = Written.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["event", "at"], name="audit_event_at"),
            models.Index(fields=["actor", "at"], name="audit_actor_at"),
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.event} {self.object_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("An audit event is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An audit event is never deleted.")
