"""Who trusts which roots: before, while and after the root is replaced."""

from collections.abc import Mapping
from typing import Any


def roots(books: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that are in force, the oldest first."""
    return [each for each in books["authorities"] if not each["retired"]]


def bundle(authorities: list[dict[str, Any]]) -> bytes:
    return "".join(each["pem"] for each in authorities).encode()


def of_servers(books: Mapping[str, Any]) -> list[bytes]:
    """PEM of what servers trust, which differs while not all of them know the successor."""
    known = bundle(roots(books))
    replacement = books["replacement"]
    if replacement and replacement["unconfirmed"]:
        return [bundle(roots(books)[:1]), known]
    return [known]


def of_people(books: Mapping[str, Any]) -> list[bytes]:
    """PEM of what browsers trust: nobody has brought them the successor before it is alone."""
    if books["replacement"]:
        return [bundle(roots(books)[:1]), bundle(roots(books))]
    return [bundle(roots(books))]
