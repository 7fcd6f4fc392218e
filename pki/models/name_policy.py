"""Which names server certificates may have."""

from django.db import models


class NamePolicy(models.Model):
    """One row, made when it is first needed. Claims of names take turns by its lock."""

    #: DNS suffixes and IP networks, canonical; without any, every name is permitted.
    permitted = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name_plural = "name policies"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_name_policy")]

    def __str__(self) -> str:
        return "name policy"
