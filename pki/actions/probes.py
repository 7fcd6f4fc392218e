"""Looking whether servers really use the certificates they were given."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import transaction
from django.utils import timezone

from pki import probing
from pki.actions.actor import Actor
from pki.actions.address_policy import current_policy, refuse_address, refuse_probe_port
from pki.actions.audit import record
from pki.actions.confirmations import NOTHING
from pki.actions.name_rules import check_entry
from pki.errors import Conflict, InvalidInput
from pki.models import Certificate, Probe, ProbeState, Server
from pki.outgoing import Policy
from pki.probing import Presented, Unreachable
from pki.x509 import bundles, facts, names

#: Looks that are kept of each server.
KEPT = 60
#: Servers that are looked at at the same time.
AT_ONCE = 16


def set_target(server: Server, *, address: str, port: int, probed: bool, actor: Actor) -> Server:
    """Where the server answers; an empty address is its own name.

    Raises InvalidInput on ``address`` or ``port``, also for what the address policy refuses, and
    Forbidden ``host.administrators``.
    """
    check_entry(server, actor, NOTHING)
    if address.strip():
        [checked] = names.alternative_names([address.strip()])
        if "*" in checked:
            raise no_address(server)
    else:
        checked = ""
    if probed and not checked and server.fqdn.startswith("*"):
        raise no_address(server)
    if not 1 <= port <= 65535:
        raise InvalidInput(
            "A port is a number from 1 to 65535; the agent site's is 3003.",
            code="probe.port",
            field="port",
        )
    if probed:
        refuse_probe_port(port)
        if checked:
            refuse_address(checked, port, code="probe.address_refused")
    with transaction.atomic():
        row = Server.objects.select_for_update().get(pk=server.pk)
        row.probe_address, row.probe_port, row.probed = checked, port, probed
        row.save(update_fields=["probe_address", "probe_port", "probed"])
        record(actor, "server.probe_changed", row, address=checked, port=port, probed=probed)
    return row


def no_address(server: Server) -> InvalidInput:
    return InvalidInput(
        f"A star is no machine to connect to. Enter the name or the IP address of one that uses "
        f"the certificate of {server.fqdn}.",
        code="probe.address",
        field="address",
    )


def probe_server(server: Server, *, actor: Actor) -> Probe:
    """Look now. Raises Conflict ``probe.no_address`` for a wildcard without one."""
    if not target(server):
        raise Conflict(
            f"{server.fqdn} is a wildcard. Say first which machine to look at.",
            code="probe.no_address",
        )
    return keep(server, look(server, current_policy()), actor)


def probe_all(servers: Iterable[Server], *, actor: Actor) -> Iterator[Probe]:
    """Several at a time over the network, kept one after the other."""
    wanted = [server for server in servers if server.probed and target(server)]
    judging = partial(look, policy=current_policy())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for server, found in zip(wanted, pool.map(judging, wanted), strict=True):
            yield keep(server, found, actor)


def target(server: Server) -> str:
    return server.probe_address or ("" if server.fqdn.startswith("*") else server.fqdn)


def look(server: Server, policy: Policy) -> Presented | Unreachable:
    name = server.fqdn.replace("*", "probe", 1)
    return probing.look(target(server), server.probe_port, name, policy)


def keep(server: Server, found: Presented | Unreachable, actor: Actor) -> Probe:
    """One more of its looks; an audit event when it is another state than before."""
    with transaction.atomic():
        row = Server.objects.select_for_update().get(pk=server.pk)
        probe = judged(row, found)
        probe.save()
        before = row.probe_state
        row.probe_state, row.probe_sha256, row.probed_at = probe.state, probe.sha256, probe.at
        if before != probe.state:
            row.probe_state_since = probe.at
        row.save(update_fields=["probe_state", "probe_sha256", "probed_at", "probe_state_since"])
        if before != probe.state:
            record(
                actor,
                "server.probed",
                row,
                before=before,
                state=probe.state,
                sha256=probe.sha256,
                **({"reason": probe.message} if probe.message else {}),
            )
        old = list(Probe.objects.filter(server=row).values_list("pk", flat=True)[KEPT:])
        Probe.objects.filter(pk__in=old).delete()
    return probe


def judged(server: Server, found: Presented | Unreachable) -> Probe:
    now = timezone.now()
    if isinstance(found, Unreachable):
        return Probe(
            server=server, at=now, state=ProbeState.UNREACHABLE, message=found.reason[:300]
        )
    try:
        [certificate, *_] = map(bundles.load_certificate, found.certificates[:1])
        subject, issuer = facts.subject(certificate)[:500], facts.issuer(certificate)[:500]
    except (ValueError, InvalidInput):
        return Probe(
            server=server,
            at=now,
            state=ProbeState.UNREACHABLE,
            message="It answered by TLS, with a certificate that cannot be read.",
        )
    sha256 = facts.sha256(certificate)
    return Probe(
        server=server,
        at=now,
        state=state_of(server, sha256),
        sha256=sha256,
        subject=subject,
        issuer=issuer,
        not_after=certificate.not_valid_after_utc,
        tls_version=found.tls_version,
        chain=[subject, *map(subject_of, found.certificates[1:])],
    )


def subject_of(der: bytes) -> str:
    """Of a certificate that came along, which may be anything."""
    try:
        return facts.subject(bundles.load_certificate(der))[:500]
    except InvalidInput:
        return "unreadable"


def state_of(server: Server, sha256: str) -> ProbeState:
    mine = Certificate.objects.filter(server=server, sha256=sha256).values_list("pk", flat=True)
    found = mine.first()
    if found is None:
        return ProbeState.OTHER
    return ProbeState.IN_USE if found == server.certificate_id else ProbeState.OLD
