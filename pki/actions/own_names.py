"""The names that the product's own sites answer to, and the entry that stands for this host."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from pki.errors import CertiflowError
from pki.models import Server
from pki.x509 import names
from pki.x509.name_policy import plain_address, plain_name

#: What systems call themselves (RFC 6761, section 6.3, and the hosts files of distributions).
LOCAL = frozenset(
    {
        "localhost",
        "localhost.localdomain",
        "localhost4",
        "localhost4.localdomain4",
        "localhost6",
        "localhost6.localdomain6",
        "ip6-localhost",
        "ip6-loopback",
    }
)


def is_host_entry(server: Server) -> bool:
    return server.fqdn in {settings.HOST, canonical(settings.HOST)}


def own_names(candidates: Iterable[str]) -> list[str]:
    """Those of these canonical names by which this host is reached, also by way of a wildcard."""
    configured = host_names(
        settings.HOST,
        (settings.DASHBOARD_URL, settings.PUBLIC_URL),
        (settings.DASHBOARD_BIND, settings.AGENT_BIND, settings.PUBLIC_BIND),
    )
    return [name for name in candidates if is_own(name, configured)]


def is_own(name: str, configured: frozenset[str]) -> bool:
    if plain_name(name) in configured or is_local(name):
        return True
    return name.startswith("*.") and any(names.covers(name, own) for own in configured)


@lru_cache(maxsize=8)
def host_names(host: str, urls: tuple[str, ...], binds: tuple[str, ...]) -> frozenset[str]:
    hosts = [urlsplit(url).hostname or "" for url in (*urls, *(f"//{bind}" for bind in binds))]
    reached = [host, *hosts]
    return frozenset(canonical(name) for name in reached if name and not is_local(canonical(name)))


def is_local(name: str) -> bool:
    """Loopback and unspecified addresses lead to the machine itself, as some names do."""
    if names.is_ip_address(name):
        address = plain_address(name)
        return address.is_loopback or address.is_unspecified
    return name in LOCAL or name.endswith(".localhost")


@lru_cache(maxsize=64)
def canonical(name: str) -> str:
    """As certificates hold it, addresses in one spelling; lower case where it fits into none."""
    try:
        if names.is_ip_address(name):
            return plain_name(name.strip("[]"))
        return names.dns_name(name)
    except CertiflowError:
        return name.lower()
