"""Judging every connection of this thread, whichever library makes it.

Chat systems are reached by many libraries, each of which resolves names and follows redirects in
its own way. What they have in common is Python's socket, which says what it is about to do.
"""

import ipaddress
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.request import getproxies

from pki.outgoing import Policy

CONNECTING = {"socket.connect", "socket.sendto"}


class State(threading.local):
    policy: Policy | None = None
    refusals: list[str]


_state = State()


class NotAllowed(OSError):
    """As a connection that fails: libraries know what to do then."""


@contextmanager
def guarded(policy: Policy) -> Iterator[list[str]]:
    """Within, this thread connects only where the policy allows; what it refused is in the list.

    Where the environment names a proxy, that decides: connections go to it alone.
    """
    refusals: list[str] = []
    if getproxies().keys() & {"http", "https", "all"}:
        yield refusals
        return
    installed()
    _state.policy, _state.refusals = policy, refusals
    try:
        yield refusals
    finally:
        _state.policy = None


@cache
def installed() -> None:
    """Once a process, and only where a chat is written to: a hook cannot be taken out again."""
    sys.addaudithook(hook)


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in CONNECTING or _state.policy is None:
        return
    place = arguments[1]
    if not isinstance(place, tuple):
        # A Unix socket, which is a file.
        return
    refusal = refusal_at(str(place[0]), int(place[1]), _state.policy)
    if refusal:
        _state.refusals.append(f"{refusal}.")
        raise NotAllowed(refusal)


def refusal_at(host: str, port: int, policy: Policy) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return f"{host[:100]} would be resolved where its address cannot be checked"
    return policy.refusal(address, port)
