"""What the clock knows of the work that is done by itself."""

from django.db import models
from django.utils import timezone


class Outcome(models.TextChoices):
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Job(models.Model):
    """One row for each job of `pki.jobs`, made when it first runs or is due."""

    name = models.CharField(max_length=40, primary_key=True)
    next_run_at = models.DateTimeField(default=timezone.now)
    #: Somebody runs it until then, unless they died.
    leased_until = models.DateTimeField(null=True)
    #: One after the other; 0 after one that went well.
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class JobRun(models.Model):
    """One run, from its start; without an end it goes on, or its process died."""

    Outcome = Outcome

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    #: What was done, or why not, for people.
    message = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["job", "-id"], name="job_run_newest")]

    def __str__(self) -> str:
        return f"{self.job_id} of {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


class Clock(models.Model):
    """The scheduler's last sign of life; one row at most."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    ticked_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_clock")]

    def __str__(self) -> str:
        return f"clock of {self.ticked_at:%Y-%m-%d %H:%M:%S}"
