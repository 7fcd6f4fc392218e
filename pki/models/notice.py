"""One sentence of a reminder, told once, and whom it is told to."""

from django.db import models
from django.utils import timezone

#: Steps that are no number of days, and that more than one place has to know.
ESCALATED = "escalated"
CLOSED = "closed"


class Notice(models.Model):
    reminder = models.ForeignKey("pki.Reminder", on_delete=models.CASCADE, related_name="notices")
    #: Days before the end (``30``), or a word: since, ready, woken-…, escalated, closed.
    step = models.CharField(max_length=40)
    #: What it says, as it was true when it was written.
    text = models.CharField(max_length=500)
    #: Told at once instead of with the next digest.
    urgent = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # However many nodes come to the same step: it is told once.
            models.UniqueConstraint(fields=["reminder", "step"], name="notice_once_a_step")
        ]

    def __str__(self) -> str:
        return self.text


class Telling(models.Model):
    """That one address or channel is to be told one notice, and with what it was sent."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="tellings")
    #: One of the two.
    address = models.EmailField(max_length=254, blank=True)
    channel = models.ForeignKey("pki.Channel", on_delete=models.CASCADE, null=True)
    #: Empty until it is decided with what it is sent.
    delivery = models.ForeignKey(
        "pki.Delivery", on_delete=models.CASCADE, null=True, related_name="tellings"
    )

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["address", "channel", "id"],
                condition=models.Q(delivery=None),
                name="telling_waiting",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "address"],
                condition=~models.Q(address=""),
                name="told_once_an_address",
            ),
            models.UniqueConstraint(
                fields=["notice", "channel"],
                condition=models.Q(channel__isnull=False),
                name="told_once_a_channel",
            ),
            models.CheckConstraint(
                condition=models.Q(address="", channel__isnull=False)
                | (~models.Q(address="") & models.Q(channel=None)),
                name="told_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} to {self.address or self.channel}"
