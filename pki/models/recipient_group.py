"""People who are told the same things."""

from django.db import models


class RecipientGroup(models.Model):
    name = models.CharField(max_length=60, unique=True)
    #: E-mail addresses, as text.
    addresses = models.JSONField(default=list, blank=True)
    #: Whether the addresses of everybody who is an administrator belong to it as well.
    administrators = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/settings/recipients/{self.pk}/"
