"""A way to a program instead of a person: a webhook, or a room of a chat system."""

from django.db import models


class ChannelKind(models.TextChoices):
    WEBHOOK = "webhook", "Webhook"
    CHAT = "chat", "Chat system"


class Channel(models.Model):
    Kind = ChannelKind

    group = models.ForeignKey(
        "pki.RecipientGroup", on_delete=models.CASCADE, related_name="channels"
    )
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=ChannelKind)
    #: What of its address may be shown: the host, or the chat system.
    place = models.CharField(max_length=253)
    #: The whole address and, for a webhook, the key that signs.
    secret = models.OneToOneField("pki.Secret", on_delete=models.PROTECT)
    paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["group", "name"], name="channel_name_once_a_group")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/settings/recipients/{self.group_id}/"
