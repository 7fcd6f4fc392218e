"""What names an authority may certify (RFC 5280, section 4.2.1.10): written, read and kept to."""

import ipaddress
from collections.abc import Iterable, Sequence

from cryptography import x509

from pki.errors import Conflict, InvalidInput
from pki.x509 import names
from pki.x509.public_suffixes import is_public_suffix

#: Enough for a company's domains and networks; every client walks them for every name.
LIMIT = 50
EVERY_ADDRESS = (
    x509.IPAddress(ipaddress.ip_network("0.0.0.0/0")),
    x509.IPAddress(ipaddress.ip_network("::/0")),
)


def of_texts(texts: Iterable[str], *, field: str = "permitted") -> x509.NameConstraints | None:
    """Domains and networks that a new root is to be limited to; None where there are none.

    Without networks IP addresses are excluded: constraints of one kind of name leave the other
    kinds free. Raises InvalidInput ``constraints.…`` and ``name.…`` on ``field``.
    """
    permitted = [subtree(text, field) for text in dict.fromkeys(map(str.strip, texts)) if text]
    if not permitted:
        return None
    if len(permitted) > LIMIT:
        raise InvalidInput(
            f"These are {len(permitted)} domains and networks; a root takes {LIMIT} at most. Name "
            "the domain above them instead.",
            code="constraints.too_many",
            field=field,
        )
    if not any(isinstance(name, x509.DNSName) for name in permitted):
        raise InvalidInput(
            "There are networks only, and then the root could certify every DNS name. Add your "
            "domain, such as example.com.",
            code="constraints.no_domain",
            field=field,
        )
    networks = any(isinstance(name, x509.IPAddress) for name in permitted)
    return x509.NameConstraints(permitted, None if networks else EVERY_ADDRESS)


def subtree(text: str, field: str) -> x509.GeneralName:
    if "/" in text or names.is_ip_address(text):
        try:
            return x509.IPAddress(ipaddress.ip_network(text))
        except ValueError:
            raise InvalidInput(
                f"“{names.printable(text[:60])}” is not an IP network. Enter its first address "
                "and the length of its prefix, such as 10.0.0.0/8.",
                code="constraints.network",
                field=field,
            ) from None
    name = names.dns_name(text.removeprefix("*").removeprefix("."), field=field)
    if is_public_suffix(name):
        raise InvalidInput(
            f"{names.unicode_name(name)} is a public suffix, under which anybody can register a "
            "domain, so it limits nothing. Enter your own domain.",
            code="constraints.public_suffix",
            field=field,
        )
    return x509.DNSName(name)


def constraints_of(authority: x509.Certificate) -> x509.NameConstraints | None:
    """Raises Conflict ``authority.constraints`` where they are there and cannot be read."""
    try:
        return authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None
    except Exception as error:
        raise Conflict(
            "The extensions of the authority's certificate cannot be read, so nobody knows which "
            "names it may certify, and nothing is signed. Replace it with a new root.",
            code="authority.constraints",
        ) from error


def refuse_outside(
    constraints: x509.NameConstraints | None,
    subject: x509.Name,
    wanted: Sequence[x509.GeneralName],
    *,
    field: str,
) -> None:
    """Raises InvalidInput ``name.outside_constraints`` for the first name that is not permitted."""
    if constraints is None:
        return
    permitted = constraints.permitted_subtrees or []
    excluded = constraints.excluded_subtrees or []
    for name in (x509.DirectoryName(subject), *wanted):
        alike = [base for base in permitted if type(base) is type(name)]
        outside = bool(alike) and not any(is_within(name, base) for base in alike)
        if outside or any(overlaps(name, base) for base in excluded):
            raise InvalidInput(
                f"“{names.printable(names.display(name))}” lies outside the names that the root "
                f"may certify ({in_words(constraints)}), so clients would refuse the certificate. "
                "Use a name within them; a root's limits cannot be changed.",
                code="name.outside_constraints",
                field=field,
            )


def is_within(name: x509.GeneralName, base: x509.GeneralName) -> bool:
    match name, base:
        case x509.DNSName(), x509.DNSName():
            return is_below(name.value.lower(), base.value.lower())
        case x509.IPAddress(), x509.IPAddress():
            return is_in_network(name.value, base.value)
        case x509.DirectoryName(), x509.DirectoryName():
            above = parts(base.value)
            return parts(name.value)[: len(above)] == above
        case _:
            return False


def is_below(name: str, base: str) -> bool:
    """A base with a dot in front stands for what is below it only, an empty one for all."""
    return not base or name == base or name.endswith(base if base[0] == "." else f".{base}")


def is_in_network(address: object, network: object) -> bool:
    return (
        isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address)
        and isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network)
        and address in network
    )


def overlaps(name: x509.GeneralName, excluded: x509.GeneralName) -> bool:
    """Also a wildcard that stands for a name that is excluded, among others."""
    if is_within(name, excluded):
        return True
    return (
        isinstance(name, x509.DNSName)
        and isinstance(excluded, x509.DNSName)
        and names.covers(name.value, excluded.value.removeprefix("."))
    )


def parts(name: x509.Name) -> list[frozenset[tuple[str, str]]]:
    """Compared without case and with single spaces (RFC 5280, section 7.1)."""
    return [
        frozenset(
            (each.oid.dotted_string, " ".join(str(each.value).casefold().split())) for each in rdn
        )
        for rdn in name.rdns
    ]


def in_words(constraints: x509.NameConstraints) -> str:
    permitted = [names.printable(names.display(n)) for n in constraints.permitted_subtrees or ()]
    excluded = [
        names.printable(names.display(n))
        for n in constraints.excluded_subtrees or ()
        if n not in EVERY_ADDRESS
    ]
    free = (
        "no IP addresses" if set(EVERY_ADDRESS) & {*(constraints.excluded_subtrees or ())} else ""
    )
    said = [", ".join(permitted), f"not {', '.join(excluded)}" if excluded else "", free]
    return "; ".join(filter(None, said))
