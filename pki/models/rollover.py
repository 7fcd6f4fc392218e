"""The replacement of a root by its successor, from its announcement to its end."""

from django.db import models
from django.utils import timezone


class Stage(models.TextChoices):
    #: The old root signs; agents are told of both.
    ANNOUNCED = "announced", "Announced"
    #: The successor signs; what the old one has signed is issued anew, in waves.
    REISSUING = "reissuing", "Re-issuing"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


#: Everything that can follow; nothing follows the last two.
FOLLOWING = {
    Stage.ANNOUNCED: frozenset({Stage.REISSUING, Stage.CANCELLED}),
    Stage.REISSUING: frozenset({Stage.FINISHED}),
    Stage.FINISHED: frozenset[Stage](),
    Stage.CANCELLED: frozenset[Stage](),
}

OPEN = (Stage.ANNOUNCED, Stage.REISSUING)


class Rollover(models.Model):
    old = models.ForeignKey(
        "pki.Authority", on_delete=models.PROTECT, related_name="rollovers_from"
    )
    successor = models.OneToOneField(
        "pki.Authority", on_delete=models.PROTECT, related_name="rollover_to"
    )
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.ANNOUNCED)
    #: As its stage says; a column, so that the database keeps it to one.
    is_open = models.BooleanField(default=True)
    paused = models.BooleanField(default=False)

    #: How many are taken on at a time.
    servers_at_once = models.PositiveIntegerField(default=5)
    workstations_at_once = models.PositiveIntegerField(default=200)
    #: The wave each is in, counted from 1, and since when.
    server_wave = models.PositiveIntegerField(default=0)
    server_wave_at = models.DateTimeField(null=True)
    workstation_wave = models.PositiveIntegerField(default=0)
    workstation_wave_at = models.DateTimeField(null=True)
    #: Somebody takes a step until then, unless they died.
    leased_until = models.DateTimeField(null=True)

    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.CharField(max_length=150)
    reissuing_at = models.DateTimeField(null=True)
    reissuing_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_open"], condition=models.Q(is_open=True), name="one_open_rollover"
            ),
            models.CheckConstraint(
                condition=models.Q(is_open=True, stage__in=OPEN)
                | (models.Q(is_open=False) & ~models.Q(stage__in=OPEN)),
                name="rollover_open_by_stage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old} to {self.successor}"

    def get_absolute_url(self) -> str:
        return "/authorities/rollover/"

    def may_become(self, stage: Stage) -> bool:
        return stage in FOLLOWING[Stage(self.stage)]


class ServerRollover(models.Model):
    """A server on its way to the successor; its row is made when there is something to say."""

    rollover = models.ForeignKey(Rollover, on_delete=models.CASCADE, related_name="servers")
    server = models.ForeignKey("pki.Server", on_delete=models.CASCADE, related_name="rollovers")
    #: Since when somebody knows that it trusts the successor, and who that is.
    trust_confirmed_at = models.DateTimeField(null=True)
    trust_confirmed_by = models.CharField(max_length=150, blank=True)
    #: Since when somebody says that it uses its new certificate, where no look shows it.
    installed_at = models.DateTimeField(null=True)
    installed_by = models.CharField(max_length=150, blank=True)
    #: In which it was or is to be renewed.
    wave = models.PositiveIntegerField(null=True)
    renewed_at = models.DateTimeField(null=True)
    #: Why it could not be renewed, for people.
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rollover", "server"], name="server_once_by_rollover")
        ]
        indexes = [models.Index(fields=["rollover", "wave"], name="server_rollover_wave")]

    def __str__(self) -> str:
        return f"{self.server} in {self.rollover}"
