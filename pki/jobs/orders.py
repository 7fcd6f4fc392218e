"""The order to run a job, in the database's queue, from a scheduler to a worker."""

from django_tasks import task

from pki.actions import clock
from pki.jobs import KINDS


@task()
def run_job(name: str) -> str:
    """What the run said. An order for a job there is no longer does nothing."""
    kind = KINDS.get(name)
    if kind is None:
        return "no such job"
    done = clock.run(name, kind.work)
    return done.message if done else "another process is at it"
