"""Where attempts from outside are counted, and under which keys."""

import hashlib
import ipaddress

from django.core.cache import caches


def network_of(address: str | None) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that one IPv6 line has."""
    if address is None:
        return "none"
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def key_of(purpose: str, *parts: str) -> str:
    """Of one length whatever strangers put into it, and of signs that every cache takes."""
    digest = hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
    return f"{purpose}:{digest}"


def is_first(purpose: str, *parts: str, seconds: int) -> bool:
    """Whether no process has asked this within so many seconds."""
    return bool(caches["refusals"].add(key_of(purpose, *parts), 1, seconds))
