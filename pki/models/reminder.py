"""Something that needs a hand before a date, or since one, until it has been seen to."""

from datetime import datetime

from django.db import models
from django.utils import timezone


class ReminderKind(models.TextChoices):
    #: With a date on which it ends.
    SERVER = "server", "Server certificates"
    INSTALLATION = "installation", "Renewed certificates to install"
    WORKSTATION = "workstation", "Workstation certificates"
    ROOT = "root", "Roots"
    #: With a date since which it is so.
    PROBE = "probe", "Servers that do not answer as they should"
    REVOCATION_LIST = "revocation-list", "Revocation lists overdue"
    SILENT = "silent", "Agents not seen"
    PENDING = "pending", "Workstations waiting for approval"
    BACKUP = "backup", "Backups too old"
    JOB = "job", "Jobs that fail"
    AUDIT = "audit", "Audit trail altered"


def unanswered(now: datetime) -> models.Q:
    """Open ones that nobody has acknowledged, and that are not put off at this moment."""
    put_off = models.Q(snoozed_until__isnull=False, snoozed_until__gt=now)
    return models.Q(closed_at=None, acknowledged_at=None) & ~put_off


class Reminder(models.Model):
    """One matter, from when it was first seen until it is over; then it may begin anew."""

    Kind = ReminderKind

    kind = models.CharField(max_length=16, choices=ReminderKind)
    #: What it is about, once for each kind: a model's name and a key, or a word.
    key = models.CharField(max_length=64)
    #: How people call it, and where they see to it.
    label = models.CharField(max_length=300)
    url = models.CharField(max_length=300)
    #: Whose owners are told as well.
    server = models.ForeignKey(
        "pki.Server", on_delete=models.CASCADE, null=True, related_name="reminders"
    )
    #: The end of validity; empty for what has none.
    ends_at = models.DateTimeField(null=True)
    #: Since when it is so; empty for what only has an end.
    since = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    #: The step that was told last; empty before the first.
    step = models.CharField(max_length=20, blank=True)
    #: When anybody was first told.
    told_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    snoozed_until = models.DateTimeField(null=True)
    snoozed_by = models.CharField(max_length=150, blank=True)
    #: Why it was acknowledged or put off.
    reason = models.CharField(max_length=300, blank=True)
    escalated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["kind", "ends_at", "id"],
                condition=models.Q(closed_at=None),
                name="reminder_open",
            ),
            models.Index(fields=["closed_at"], name="reminder_closed"),
        ]
        constraints = [
            # Two nodes that find the same matter at once: the second one's row is refused.
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(closed_at=None),
                name="one_open_reminder_by_matter",
            )
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return f"/reminders/{self.pk}/"

    def is_snoozed(self, now: datetime) -> bool:
        return self.snoozed_until is not None and self.snoozed_until > now

    def condition(self, now: datetime) -> str:
        """One word for people: closed, snoozed, acknowledged, escalated or open."""
        if self.closed_at is not None:
            return "closed"
        if self.is_snoozed(now):
            return "snoozed"
        if self.acknowledged_at is not None:
            return "acknowledged"
        return "escalated" if self.escalated_at is not None else "open"
