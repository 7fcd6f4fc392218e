"""One message that leaves the house: a mail, a webhook's call, a line in a chat."""

import uuid

from django.db import models
from django.utils import timezone


class DeliveryState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    #: A process is at it under a lease; after a crash it is taken up again.
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Given up"


class DeliverySort(models.TextChoices):
    DIGEST = "digest", "Daily digest"
    URGENT = "urgent", "At once"
    WEBHOOK = "webhook", "Webhook"
    CHAT = "chat", "Chat"
    TEST = "test", "Test"


class Delivery(models.Model):
    State = DeliveryState
    Sort = DeliverySort

    #: Goes out with the message, so that a receiver knows one that came twice.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: What it is, once: two nodes that make the same delivery make one.
    key = models.CharField(max_length=320, unique=True)
    sort = models.CharField(max_length=10, choices=DeliverySort)
    address = models.EmailField(max_length=254, blank=True)
    channel = models.ForeignKey(
        "pki.Channel", on_delete=models.SET_NULL, null=True, related_name="deliveries"
    )
    #: How people know whom it went to, also when the channel is gone.
    label = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.QUEUED)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: When each attempt was and what came of it: ``{"at", "outcome", "milliseconds"}``.
    log = models.JSONField(default=list)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state__in=["queued", "sending"]),
                name="delivery_due",
            ),
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_sort_display()} to {self.label}"

    def get_absolute_url(self) -> str:
        return f"/settings/deliveries/{self.pk}/"
