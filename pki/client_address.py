"""From where a request comes, believing a proxy only if it is one of ours."""

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest

#: Holds the secret of CERTIFLOW_PROXY_SECRET: the address alone proves nothing, since every
#: account of the proxy's machine has it.
PROOF_HEADER = "X-Proxy-Secret"
LOOPBACK = [ipaddress.ip_network(text) for text in ("127.0.0.0/8", "::1", "::ffff:127.0.0.0/104")]


def client_address(request: HttpRequest) -> str | None:
    """The nearest address that is not a trusted proxy; None if the peer has no IP address."""
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if settings.PROXY_SECRET and not is_from_proxy(request):
        forwarded = []
    for hop in (peer, *reversed(forwarded)):
        address = parsed(hop)
        if address is None:
            return None if hop == peer else str(parsed(peer))
        if not is_trusted(address):
            return str(address)
    return str(parsed(peer))


def is_from_proxy(request: HttpRequest) -> bool:
    """Whether a proxy of ours sent it: its address is trusted, and it knows the secret."""
    secret = settings.PROXY_SECRET.encode()
    shown = request.headers.get(PROOF_HEADER, "").encode("latin-1", "replace")
    if not secret or not hmac.compare_digest(shown, secret):
        return False
    address = parsed(request.META.get("REMOTE_ADDR", ""))
    return address is not None and is_trusted(address)


def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def is_trusted(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if not settings.PROXY_SECRET and is_of_this_machine(address):
        # Every account here has it, and could name any address as its own.
        return False
    networks = trusted_networks()
    return any(address in network for network in networks if network.version == address.version)


def trusted_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(text, strict=False) for text in settings.TRUSTED_PROXIES]


def is_of_this_machine(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def has_proxy_on_this_machine() -> bool:
    """Whether one is configured: then a request from here may be anybody's."""
    return any(
        network.version == loopback.version and network.overlaps(loopback)
        for network in trusted_networks()
        for loopback in LOOPBACK
    )
