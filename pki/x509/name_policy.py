"""Which names server certificates may have: permitted DNS suffixes and IP networks."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pki.errors import InvalidInput
from pki.x509 import names
from pki.x509.public_suffixes import is_public_suffix, registrable_domain

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: More than any organisation has, and few enough for a page.
ENTRY_LIMIT = 200


@dataclass(frozen=True)
class NamePolicy:
    """Without an entry everything is permitted, and with one nothing else is."""

    #: Canonical DNS names; each permits itself and everything below it.
    suffixes: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.suffixes and not self.networks

    @property
    def entries(self) -> list[str]:
        return [*self.suffixes, *map(str, self.networks)]

    def outside(self, candidates: Iterable[str]) -> list[str]:
        """Those of these canonical names that are not permitted."""
        return [name for name in candidates if not self.permits(name)]

    def permits(self, name: str) -> bool:
        if self.is_open:
            return True
        if names.is_ip_address(name):
            address = plain_address(name)
            return any(address in network for network in self.networks)
        base = name.removeprefix("*.")
        return any(base == suffix or base.endswith(f".{suffix}") for suffix in self.suffixes)

    def in_words(self) -> str:
        shown = self.entries[:6]
        more = len(self.entries) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")


def plain_address(text: str) -> Address:
    """An IPv4 address also where it is written as an IPv6 one (RFC 4291, section 2.5.5.2)."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def plain_name(name: str) -> str:
    """One spelling for an address that has two; a DNS name as it is."""
    return str(plain_address(name)) if names.is_ip_address(name) else name


def spellings(name: str) -> list[str]:
    """All that a canonical name may be stored as.

    Versions of Python write an IPv4 address in an IPv6 one in two ways.
    """
    plain = plain_name(name)
    if not names.is_ip_address(plain) or ":" in plain:
        return [plain]
    mapped = f"{int(ipaddress.IPv4Address(plain)):08x}"
    return [plain, f"::ffff:{plain}", f"::ffff:{int(mapped[:4], 16):x}:{int(mapped[4:], 16):x}"]


def parse(texts: Iterable[str], *, field: str = "permitted") -> NamePolicy:
    """Raises InvalidInput ``name.…`` or ``policy.…``."""
    suffixes: list[str] = []
    networks: list[Network] = []
    for text in texts:
        entry = text.strip()
        if "/" in entry or names.is_ip_address(entry):
            networks.append(network(entry, field))
        else:
            suffixes.append(suffix(entry, field))
    policy = NamePolicy(tuple(dict.fromkeys(suffixes)), tuple(dict.fromkeys(networks)))
    if len(policy.entries) > ENTRY_LIMIT:
        raise InvalidInput(
            f"These are {len(policy.entries)} entries; a name policy takes {ENTRY_LIMIT}. Name the "
            "domain above them, or a larger network.",
            code="policy.too_many",
            field=field,
        )
    return policy


def suffix(entry: str, field: str) -> str:
    name = names.dns_name(entry.removeprefix("*").removeprefix("."), field=field)
    if "*" in name or is_public_suffix(name):
        raise InvalidInput(
            f"“{name}” is a public suffix: anybody can register a domain under it. Name your own "
            "domain, such as example.com.",
            code="policy.public_suffix",
            field=field,
        )
    return name


def network(entry: str, field: str) -> Network:
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        raise InvalidInput(
            f"“{names.printable(entry[:60])}” is not a network. Enter it as 10.0.0.0/8, "
            "2001:db8::/32, or one address.",
            code="policy.network",
            field=field,
        ) from None


def check_never_permitted(candidates: Sequence[str], *, fqdn: str = "") -> None:
    """No policy and nobody permits a public suffix, bare or as a wildcard.

    Raises InvalidInput ``name.public_suffix`` on ``fqdn`` where it is that name, else on
    ``additional_names``.
    """
    for name in candidates:
        base = name.removeprefix("*.")
        if names.is_ip_address(base) or not is_public_suffix(base):
            continue
        shown = names.unicode_name(base)
        raise InvalidInput(
            f"“{names.unicode_name(name)}” cannot be in a certificate: {shown} is a public suffix, "
            "under which anybody can register a domain. Enter a name within a domain of your own, "
            f"such as {'*.' if name != base else ''}example.{shown}.",
            code="name.public_suffix",
            field="fqdn" if name == fqdn else "additional_names",
        )


def proposal(host: str) -> list[str]:
    """What this host's name suggests to permit; nothing where it has no domain."""
    domain = registrable_domain(host)
    return [domain] if domain else []
