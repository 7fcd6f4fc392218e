"""Who is connected to a process, by address, and whose connection has to go for another one."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from certiflow_admin.connection import Connection, Phase
from pki.actions.counters import network_of


class Crowd:
    """Every connection of the process, by the address it came from."""

    def __init__(self, most_of_one: int, proxies: Iterable[str]) -> None:
        self._most_of_one = most_of_one
        self._proxies = [ipaddress.ip_network(text, strict=False) for text in proxies]
        #: In the order in which they came.
        self._of: dict[str, dict[Connection, None]] = {}

    def add(self, connection: Connection) -> None:
        self._of.setdefault(origin(connection.client), {})[connection] = None

    def remove(self, connection: Connection) -> None:
        key = origin(connection.client)
        mine = self._of.get(key, {})
        mine.pop(connection, None)
        if not mine:
            self._of.pop(key, None)

    def surplus_beside(self, connection: Connection) -> Connection | None:
        """What has to be closed because the address of this one has too many."""
        key = origin(connection.client)
        mine = self._of[key]
        if len(mine) <= self._most_of_one or self._is_proxy(key):
            return None
        return least_needed(mine)

    def least_needed(self) -> Connection:
        """What has to be closed for any other: one of the address that has the most."""
        largest = max(self._of, key=lambda key: len(self._of[key]))
        return least_needed(self._of[largest])

    def _is_proxy(self, key: str) -> bool:
        try:
            address = ipaddress.ip_network(key).network_address
        except ValueError:
            return True  # A Unix socket, to which only this machine's proxy connects.
        return any(address in network for network in self._proxies)


def least_needed(connections: Iterable[Connection]) -> Connection:
    """Of what waits for its client, what matters least and has waited longest."""
    return min(connections, key=cost_of_closing)


def cost_of_closing(connection: Connection) -> tuple[bool, Phase, float]:
    return not connection.is_waiting, connection.phase, connection.since


@lru_cache(maxsize=4096)
def origin_of(host: str) -> str:
    try:
        return network_of(host.partition("%")[0])
    except ValueError:
        return ""


def origin(client: Any) -> str:
    """What counts as one client: an IPv4 address, an IPv6 /64, or "" for a Unix socket."""
    return origin_of(client[0]) if isinstance(client, tuple) else ""
