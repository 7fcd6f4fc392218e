"""When and to whom reminders of one kind are told; and when the day's digest goes out."""

from django.db import models

from pki.models.reminder import ReminderKind


class ReminderPolicy(models.Model):
    """A row a kind, made when it is first changed; until then the product's own numbers hold."""

    kind = models.CharField(max_length=16, choices=ReminderKind, primary_key=True)
    enabled = models.BooleanField(default=True)
    #: Days before the end, the largest first; for kinds without an end one number: after so many.
    days = models.JSONField(default=list)
    #: None: the group of the administrators.
    groups = models.ManyToManyField("pki.RecipientGroup", related_name="policies", blank=True)
    #: Nobody has acknowledged it for so many days: then these are told too.
    escalate_after_days = models.PositiveSmallIntegerField(null=True)
    escalation_group = models.ForeignKey(
        "pki.RecipientGroup", on_delete=models.SET_NULL, null=True, related_name="escalations"
    )

    class Meta:
        verbose_name_plural = "reminder policies"

    def __str__(self) -> str:
        return self.get_kind_display()


class DigestTime(models.Model):
    """One row at most, made when it is first changed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    hour = models.PositiveSmallIntegerField(default=7)
    zone = models.CharField(max_length=60, default="UTC")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_digest_time")]

    def __str__(self) -> str:
        return f"{self.hour}:00 {self.zone}"
