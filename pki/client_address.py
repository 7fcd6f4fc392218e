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


def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def is_trusted(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    networks = [ipaddress.ip_network(text, strict=False) for text in settings.TRUSTED_PROXIES]
    return any(address in network for network in networks if network.version == address.version)
