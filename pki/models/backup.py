"""A backup that was made: enough to tell how much would be lost."""

from django.db import models
from django.utils import timezone


class Backup(models.Model):
    """Of the file itself only its size is kept: where it lies now, nobody here knows."""

    #: What it holds is as it was at this moment.
    at = models.DateTimeField(default=timezone.now, db_index=True)
    made_by = models.CharField(max_length=150)
    size = models.BigIntegerField(help_text="bytes of the file")
    rows = models.BigIntegerField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"backup of {self.at:%Y-%m-%d %H:%M}"
