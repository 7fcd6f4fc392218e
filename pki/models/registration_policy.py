"""Who may register a workstation, and who need not wait for approval."""

from django.db import models


class RegistrationPolicy(models.Model):
    """One row, made when it is first changed."""

    #: Whether agents may register without an enrollment token; they then wait for approval.
    open = models.BooleanField(default=False)
    #: Whether agents that come without a token need nobody's approval; implies ``open``.
    automatic = models.BooleanField(default=False)
    #: How far an automatic token that an operator makes may go; 0: operators make none.
    operator_uses = models.PositiveIntegerField(default=0)
    operator_days = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "registration policies"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_registration_policy")
        ]

    def __str__(self) -> str:
        return "registration policy"
