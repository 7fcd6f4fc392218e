"""From where a request comes, believing a proxy only if it is one of ours."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The nearest address that is not a trusted proxy; None if the peer has no IP address."""
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    for hop in (peer, *reversed(forwarded)):
        address = parsed(hop)
        if address is None:
            return None if hop == peer else str(parsed(peer))
        if not is_trusted(address):
            return str(address)
    return str(parsed(peer))


def client_network(request: HttpRequest) -> str | None:
    """What is counted as one address: an IPv4 address, or the /64 that one IPv6 client has."""
    address = parsed(client_address(request) or "")
    if address is None:
        return None
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)


def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    # A socket for both kinds shows IPv4 peers as ::ffff:192.0.2.1: all of them in one /64.
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    networks = [ipaddress.ip_network(text, strict=False) for text in settings.TRUSTED_PROXIES]
    return any(address in network for network in networks if network.version == address.version)
