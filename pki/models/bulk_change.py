"""One decision about many workstations, carried out in steps that can be watched."""

import uuid

from django.db import models
from django.utils import timezone


class Verb(models.TextChoices):
    APPROVE = "approve", "Approve"
    DENY = "deny", "Deny"
    REVOKE = "revoke", "Revoke"
    REINSTATE = "reinstate", "Reinstate"
    TAG = "tag", "Put a tag on"
    UNTAG = "untag", "Take a tag off"
    TASK = "task", "Give a task to"


class BulkChange(models.Model):
    Verb = Verb

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    verb = models.CharField(max_length=10, choices=Verb)
    #: What the verb's action is told besides the workstation: a reason, a tag, a task.
    parameters = models.JSONField(default=dict)
    #: Keys, in the order in which they are gone through.
    workstations = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)
    #: Keys of those that did change: what can be undone.
    changed = models.JSONField(default=list)
    #: A sentence for each of the first that did not.
    refusals = models.JSONField(default=list)
    refused = models.PositiveIntegerField(default=0)
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="undone_by"
    )
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    #: Someone is at a step until then.
    leased_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {len(self.workstations):,} workstations"

    def get_absolute_url(self) -> str:
        return f"/workstations/bulk/{self.pk}/"

    @property
    def total(self) -> int:
        return len(self.workstations)
