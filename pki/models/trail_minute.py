"""How many events that anybody can cause a minute had: written ones, and those only counted."""

from django.db import models


class TrailMinute(models.Model):
    """Until the minute is over and an audit event says how many more there were."""

    minute = models.DateTimeField()
    #: Which event was only counted; empty: all that were written.
    event = models.CharField(max_length=40, blank=True)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["minute", "event"], name="one_count_a_minute")
        ]

    def __str__(self) -> str:
        return f"{self.number} × {self.event or 'written'} in {self.minute:%Y-%m-%d %H:%M}"
