"""Where probes, webhooks and chats may connect to; administrators narrow it, nobody widens it.

The mail server is not judged: the machine's operator names it in EMAIL_URL, and a relay on the
machine itself is the usual case.
"""

import ipaddress
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import InvalidInput
from pki.models import OutgoingPolicy
from pki.outgoing import Network, Policy, never_allowed, refusal_of

MOST_NETWORKS = 200
MOST_PORTS = 50
LAST_PORT = 65535


def current_policy() -> Policy:
    """As it is in force. One query."""
    stored = OutgoingPolicy.objects.filter(pk=1).first() or OutgoingPolicy()
    return Policy(
        allowed=tuple(ipaddress.ip_network(text) for text in stored.networks),
        ports=tuple(port_range(text) for text in stored.ports),
        own_ports=own_ports(),
        loopback=settings.ALLOW_LOOPBACK,
    )


def own_ports() -> frozenset[int]:
    binds = (settings.DASHBOARD_BIND, settings.AGENT_BIND, settings.PUBLIC_BIND)
    return frozenset(int(bind.rpartition(":")[2]) for bind in binds if bind)


def change_addresses(
    *, networks: Sequence[str], ports: Sequence[str], actor: Actor
) -> OutgoingPolicy:
    """Holds from the next connection on. Raises InvalidInput on ``networks`` or ``ports``."""
    chosen = checked_networks(networks)
    asked = checked_ports(ports)
    with transaction.atomic():
        row, _ = OutgoingPolicy.objects.update_or_create(
            pk=1, defaults={"networks": chosen, "ports": asked}
        )
        record(actor, "addresses.changed", row, networks=chosen, ports=asked)
    return row


def checked_networks(texts: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(str(network(text.strip())) for text in texts if text.strip()))
    if len(chosen) > MOST_NETWORKS:
        raise InvalidInput(
            f"At most {MOST_NETWORKS} networks can be entered; name larger ones.",
            code="addresses.many",
            field="networks",
        )
    return chosen


def network(text: str) -> Network:
    try:
        found = ipaddress.ip_network(text)
    except ValueError:
        raise InvalidInput(
            f"“{text[:60]}” is not a network. Enter an address, or a network such as 10.0.0.0/8 or "
            "2001:db8::/32, whose address has no bits behind the prefix.",
            code="addresses.network",
            field="networks",
        ) from None
    what = never_allowed(found)
    if what:
        raise InvalidInput(
            f"{found} is {what}, and cannot be allowed here.",
            code="addresses.never",
            field="networks",
        )
    return found


def checked_ports(texts: Iterable[str]) -> list[str]:
    ranges = sorted({port_range(text.strip()) for text in texts if text.strip()})
    if len(ranges) > MOST_PORTS:
        raise InvalidInput(
            f"At most {MOST_PORTS} ports or ranges can be entered; name larger ranges.",
            code="addresses.many",
            field="ports",
        )
    return [str(first) if first == last else f"{first}-{last}" for first, last in ranges]


def port_range(text: str) -> tuple[int, int]:
    first, _, last = (part.strip() for part in text.partition("-"))
    numbers = [
        int(part) if part.isascii() and part.isdecimal() else 0 for part in (first, last or first)
    ]
    if not 1 <= numbers[0] <= numbers[1] <= LAST_PORT:
        raise InvalidInput(
            f"“{text[:40]}” is not a port. Enter numbers from 1 to {LAST_PORT}, or ranges such as "
            "8000-8999.",
            code="addresses.port",
            field="ports",
        )
    return numbers[0], numbers[1]


def refuse_address(host: str, port: int, *, code: str) -> None:
    """Before it is stored; it is judged again when it is connected to.

    Raises InvalidInput on ``address``.
    """
    refusal = refusal_of(host, port, current_policy())
    if refusal:
        raise InvalidInput(
            f"{refusal} Enter another address, or ask an administrator about the allowed networks.",
            code=code,
            field="address",
        )


def refuse_probe_port(port: int) -> None:
    """Raises InvalidInput ``probe.port_refused`` on ``port``."""
    refusal = current_policy().probe_refusal(port)
    if refusal:
        raise InvalidInput(f"{refusal}.", code="probe.port_refused", field="port")
