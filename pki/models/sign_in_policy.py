"""What is asked of people who sign in: how long they may be idle, who needs a second factor."""

from django.db import models

from pki.models.user import Role


def by_default() -> list[str]:
    return [Role.ADMINISTRATOR.value]


class SignInPolicy(models.Model):
    """One row, made when it is first changed."""

    #: Minutes without a request after which a session ends; 0: it does not.
    administrator_idle_minutes = models.PositiveSmallIntegerField(default=30)
    other_idle_minutes = models.PositiveSmallIntegerField(default=0)
    #: Roles whose people need a second factor.
    second_factor_roles = models.JSONField(default=by_default)

    class Meta:
        verbose_name_plural = "sign-in policies"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_sign_in_policy")]

    def __str__(self) -> str:
        return "sign-in policy"
