"""A secret address under which a person's calendar finds what expires."""

from django.db import models


class CalendarFeed(models.Model):
    """Kept only as a hash; the address itself is shown once, when it is made."""

    user = models.OneToOneField("pki.User", on_delete=models.CASCADE, related_name="calendar_feed")
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"calendar of {self.user}"
