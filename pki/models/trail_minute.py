"""How often an event that anybody can cause was written in a minute, and only counted."""

from django.db import models


class TrailMinute(models.Model):
    """Until the minute is over and an audit event says how many more there were."""

    minute = models.DateTimeField()
    event = models.CharField(max_length=40)
    written = models.PositiveIntegerField(default=0)
    more = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["minute", "event"], name="one_count_a_minute")
        ]

    def __str__(self) -> str:
        return f"{self.event} at {self.minute:%Y-%m-%d %H:%M}: {self.written} and {self.more} more"
