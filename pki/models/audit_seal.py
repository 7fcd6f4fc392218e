"""Seals over the audit trail, each chained to the one before, and the newest verification."""

from django.db import models
from django.utils import timezone

#: Bytes of each event's proof that a seal repeats.
MARK = 16


class AuditSeal(models.Model):
    """Covers the events that were new when it was made; written once, never changed."""

    #: 1, 2, 3 … without a gap; two processes that seal at once cannot both have it.
    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    #: The events with an id above this one ...
    after_id = models.BigIntegerField()
    #: ... and up to this one, the newest when the seal was made.
    last_id = models.BigIntegerField()
    #: Ranges ``[first, last]`` of ids in between that belonged to no event (yet).
    gaps = models.JSONField(default=list)
    #: Ids in the gaps of earlier seals whose transactions were committed after those seals.
    late = models.JSONField(default=list)
    #: The first bytes of each event's proof, in the order of ids, then of those that were late.
    marks = models.BinaryField()
    #: Of the seal before; empty in the first one.
    previous = models.BinaryField()
    #: HMAC over everything above.
    value = models.BinaryField()

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["at"], name="audit_seal_at")]

    def __str__(self) -> str:
        """As it stands outside of the database: its number and half of its value."""
        return f"{self.number}-{bytes(self.value).hex()[:32]}"

    @property
    def count(self) -> int:
        return len(self.marks) // MARK


class AuditVerification(models.Model):
    """What the newest verification of the whole trail found; one row at most."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField(default=timezone.now)
    events = models.PositiveBigIntegerField(default=0)
    #: The newest seal that was verified, as it stands outside of the database.
    seal = models.CharField(max_length=80, blank=True)
    #: What was wrong first, as a sentence; empty when everything was in order.
    fault = models.CharField(max_length=500, blank=True)
    #: Since when something is wrong.
    failing_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_audit_verification")
        ]

    def __str__(self) -> str:
        return f"verification of {self.at:%Y-%m-%d %H:%M}"
