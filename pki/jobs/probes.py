"""What servers answer with."""

from collections import Counter
from datetime import timedelta

from pki.actions.actor import SYSTEM
from pki.actions.probes import probe_all
from pki.jobs.kind import Kind
from pki.models import ProbeState, Server


def work() -> str:
    servers = Server.objects.filter(probed=True, certificate__isnull=False)
    found = Counter(probe.state for probe in probe_all(servers, actor=SYSTEM))
    said = [f"{found[state]:,} {state.label.lower()}" for state in ProbeState if found[state]]
    return ", ".join(said) or "No server has a certificate yet"


KIND = Kind(
    "probes",
    "Probes",
    "Looks at what each server answers with: whether a new certificate is really in use.",
    timedelta(hours=1),
    work,
)
