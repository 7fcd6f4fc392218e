"""Where the product may connect to: decided by the address itself, again when it connects.

Knows nothing of Django. A name is resolved once, each address is judged, and the connection is
made to an address that was judged: what the name means a moment later does not matter.
"""

import ipaddress
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Below are the ports of a system's own services; a probe has business with one of them.
FIRST_FREE_PORT = 1024
HTTPS = 443


def networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, texts))


#: Where clouds hand out the credentials of the machine that asks, besides link-local addresses.
METADATA = networks(
    "fd00:ec2::/32", "fd20:ce::254/128", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"
)
#: In the order in which they are asked; what they are, as a person reads it.
NEVER: tuple[tuple[str, tuple[Network, ...]], ...] = (
    ("the address of a cloud's metadata", (*METADATA, *networks("169.254.169.254/32"))),
    ("a link-local address", networks("169.254.0.0/16", "fe80::/10")),
    ("a multicast address", networks("224.0.0.0/4", "ff00::/8")),
    ("not the address of a machine", networks("0.0.0.0/8", "::/128", "240.0.0.0/4", "100::/64")),
)
LOOPBACK = networks("127.0.0.0/8", "::1/128")
#: IPv6 addresses that mean an IPv4 address, which stands at their end.
EMBEDDING = networks(
    "::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48"
)  # fmt: skip
LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
TEREDO = ipaddress.IPv6Network("2001::/32")
#: Of ISATAP, before the IPv4 address.
ISATAP = (0x00005EFE, 0x02005EFE)


class Refused(Exception):
    """The policy does not allow it; a sentence that says what and why."""


@dataclass(frozen=True)
class Policy:
    #: Where connections may go; none named: everywhere, but for what is never allowed.
    allowed: tuple[Network, ...] = ()
    #: Ports that a probe may ask; none named: 443 and those from 1024 on.
    ports: tuple[tuple[int, int], ...] = ()
    #: Of this host's own sites, which answer on loopback too.
    own_ports: frozenset[int] = frozenset()
    #: Whether every other service of this machine may be connected to.
    loopback: bool = False

    def refusal(self, address: Address, port: int) -> str:
        """Why a connection is not allowed; empty when it is."""
        forms = [address, *embedded(address)]
        for what, nets in NEVER:
            if any(form in net for form in forms for net in nets if form.version == net.version):
                return f"{address} is {what}, and nothing is ever sent there"
        if any(is_loopback(form) for form in forms):
            if self.loopback or port in self.own_ports:
                return ""
            return (
                f"{address} is this machine itself, where only its own sites may be connected to "
                "(CERTIFLOW_ALLOW_LOOPBACK changes that)"
            )
        if self.allowed and not self.is_listed(address):
            return f"{address} is in none of the networks that administrators allow"
        return ""

    def is_listed(self, address: Address) -> bool:
        reached = getattr(address, "ipv4_mapped", None) or address
        return any(reached.version == net.version and reached in net for net in self.allowed)

    def probe_refusal(self, port: int) -> str:
        """Why this port is not probed; empty when it is."""
        if self.ports:
            if any(first <= port <= last for first, last in self.ports):
                return ""
            return f"Port {port} is none of those that administrators allow for probes"
        if port == HTTPS or port >= FIRST_FREE_PORT or port in self.own_ports:
            return ""
        return (
            f"Port {port} is below {FIRST_FREE_PORT} and not {HTTPS}; administrators allow others "
            "under Settings, Addresses"
        )


def never_allowed(network: Network) -> str:
    """What the whole of ``network`` is, if it is never connected to; empty when it may be."""
    for what, nets in (*NEVER, ("this machine itself", LOOPBACK)):
        if any(is_within(network, net) for net in nets):
            return what
    return ""


def is_within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


@dataclass(frozen=True)
class Target:
    """An address that was judged and found allowed."""

    address: Address
    port: int
    family: int
    #: As `socket.connect` takes it.
    place: tuple[object, ...]


def is_loopback(address: Address) -> bool:
    return any(address.version == net.version and address in net for net in LOOPBACK)


def embedded(address: Address) -> Iterator[IPv4Address]:
    """IPv4 addresses that stand in it and that a connection may end at."""
    if isinstance(address, IPv4Address) or is_loopback(address) or int(address) == 0:
        return
    number = int(address)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if any(address in network for network in EMBEDDING):
        yield from an_address(number)
    if address in LOCAL_NAT64:
        # Or, with all of that prefix in use, around the ninth byte.
        yield from an_address((number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF)
    if address in SIX_TO_FOUR:
        yield from an_address(number >> 80)
    if address in TEREDO:
        yield from an_address(number ^ 0xFFFFFFFF)
    if number >> 32 & 0xFFFFFFFF in ISATAP:
        yield from an_address(number)


def an_address(number: int) -> Iterator[IPv4Address]:
    """Of the last 32 bits, unless they are no more than a small number."""
    found = IPv4Address(number & 0xFFFFFFFF)
    if found not in IPv4Network("0.0.0.0/8"):
        yield found


def literal(host: str) -> Address | None:
    """The address that ``host`` is, in any spelling that a resolver would take for one."""
    text = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    try:
        # 127.1, 0x7f000001, 2130706433 and 0177.0.0.1 are 127.0.0.1 to many programs.
        return IPv4Address(socket.inet_aton(text)) if text else None
    except (OSError, ValueError):
        return None


def resolve(host: str, port: int, policy: Policy) -> list[Target]:
    """Every allowed address of ``host``, in the order to try them.

    Raises Refused when none of its addresses is allowed, and OSError as the resolver does.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return judged(host, port, ((family, place) for family, _, _, _, place in found), policy)


def judged(
    host: str, port: int, found: Iterable[tuple[int, Sequence[object]]], policy: Policy
) -> list[Target]:
    allowed, refusals = [], []
    for family, place in found:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        refusal = policy.refusal(address, port)
        if refusal:
            refusals.append(refusal)
        else:
            allowed.append(Target(address, port, family, tuple(place)))
    if not allowed:
        raise Refused(sentence(host, refusals[0] if refusals else "it has no address"))
    return allowed


def sentence(host: str, refusal: str) -> str:
    same = literal(host) is not None
    return f"{refusal}." if same else f"{host[:100]} is not connected to: {refusal}."


def refusal_of(host: str, port: int, policy: Policy, seconds: float = 3.0) -> str:
    """Whether ``host`` is refused as far as it is known now; empty when it is not, or unknown.

    A resolver that takes its time keeps nobody waiting: connecting asks again.
    """
    said: list[str] = []

    def ask() -> None:
        try:
            resolve(host, port, policy)
        except Refused as refusal:
            said.append(str(refusal))
        except (OSError, ValueError):
            return

    address = literal(host)
    if address is not None:
        refusal = policy.refusal(address, port)
        return f"{refusal}." if refusal else ""
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return said[0] if said else ""


def connect(host: str, port: int, policy: Policy, timeout: float) -> socket.socket:
    """A connection to the first allowed address that answers. Raises Refused, and OSError."""
    problem: OSError | None = None
    for target in resolve(host, port, policy):
        plain = socket.socket(target.family, socket.SOCK_STREAM)
        try:
            plain.settimeout(timeout)
            plain.connect(target.place)
            return plain
        except OSError as error:
            plain.close()
            problem = error
    raise problem or OSError("no address")
