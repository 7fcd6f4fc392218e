"""What is done in the product from inside: furnishing it, and running its jobs."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.mail import send_mail
from django_tasks_db.management.commands.db_worker import Worker

from pki.actions.actor import SYSTEM
from pki.actions.automatic_renewal import set_renewal
from pki.actions.clock import PUBLICATION
from pki.actions.enrollment_tokens import make_token
from pki.actions.probes import set_target
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.jobs import KINDS
from pki.management.commands.scheduler import look
from pki.models import JobRun, Server
from pki.models.job import Outcome
from pki.x509.keys import KeySpec
from simulation.plan import DAYS_AHEAD, HOST, Plan, PlannedServer

#: What the first letter says, which tells that mail arrives where it is counted.
FIRST_LETTER = "The years begin"


def furnish(plan: Plan) -> None:
    """Servers and their first certificates. Setup made this host's."""
    for planned in plan.servers:
        add(planned)
    send_mail(FIRST_LETTER, "Mail arrives.", None, ["office@example.com"])


def token() -> str:
    """For one agent."""
    return make_token("Agents", actor=SYSTEM, automatic=True)[1]


def add(planned: PlannedServer) -> None:
    if planned.fqdn == HOST:
        server = Server.objects.get(fqdn=HOST)
    else:
        server = add_server(planned.fqdn, actor=SYSTEM)
        issue_for_server(
            server,
            actor=SYSTEM,
            key_spec=KeySpec.parse(planned.key),
            lifetime=timedelta(days=planned.lifetime),
        )
        if not planned.listens:
            # There is no such machine; its record is looked at.
            set_target(server, address="", port=server.probe_port, probed=False, actor=SYSTEM)
    if planned.by_hand is None:
        set_renewal(server, days=DAYS_AHEAD, same_key=planned.same_key, actor=SYSTEM)


def listen(fqdn: str, port: int) -> None:
    """Where the machine answers that is to be probed."""
    server = Server.objects.get(fqdn=fqdn)
    set_target(server, address="127.0.0.1", port=port, probed=True, actor=SYSTEM)


def publish() -> None:
    """Lists and responders, as they are after many rounds of the clock."""
    KINDS[PUBLICATION].work()


def run_jobs() -> dict[str, Any]:
    """The scheduler's look, then the worker until nothing is left; what failed, and why."""
    newest = JobRun.objects.values_list("pk", flat=True).first() or 0
    look()
    Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="simulation",
        excluded_queue_names=[],
    ).run()
    runs = JobRun.objects.filter(pk__gt=newest)
    return {
        "runs": dict(Counter(runs.values_list("job_id", flat=True))),
        "failed": [f"{run.job_id}: {run.message}" for run in runs if run.outcome != Outcome.DONE],
    }
