"""Messages to chat systems, through the optional package apprise."""

import re
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from pki.errors import InvalidInput, Unavailable
from pki.messaging.guard import guarded
from pki.messaging.outcome import Outcome
from pki.outgoing import Policy, refusal_of

INSTALL = ".venv/bin/pip install --require-hashes -r requirements-chat.lock"
STATUS = re.compile(r"error=(\d{3})")


def is_installed() -> bool:
    return find_spec("apprise") is not None


def place(address: str) -> str:
    """The chat system, and its host where it runs on one's own.

    Raises InvalidInput on ``address`` and Unavailable ``chat.missing``.
    """
    system = opened(address)
    shown = own_host(system)
    return f"{system.service_name} on {shown}" if shown else str(system.service_name)


def own_host(system: Any) -> str:
    """Elsewhere what stands in the place of the host is a token, which apprise does not show."""
    host = str(getattr(system, "host", None) or "")
    shown = urlsplit(system.url(privacy=True)).hostname
    return host if "{host}" in "".join(system.templates) and shown == host.lower() else ""


def place_refusal(address: str, policy: Policy) -> str:
    """Why a chat system on one's own host is not connected to; empty when it is."""
    system = opened(address)
    host = own_host(system)
    if not host:
        return ""
    return refusal_of(host, int(getattr(system, "port", None) or 443), policy)


def send(address: str, title: str, text: str, policy: Policy) -> Outcome:
    apprise = imported()
    system = opened(address)
    with (
        apprise.LogCapture(level=apprise.logging.WARNING) as said,
        guarded(policy) as refusals,
    ):
        arrived = bool(system.notify(body=text, title=title))
        # The rest of it may hold the address.
        found = STATUS.search(said.getvalue())
    if refusals:
        return Outcome(False, refusals[0])
    if arrived:
        return Outcome(True, f"{system.service_name} took it.")
    why = f"it answered {found.group(1)}" if found else "it refused, or there was no connection"
    return Outcome(False, f"{system.service_name} did not take it: {why}.")


def opened(address: str) -> Any:
    found = imported().Apprise.instantiate(address)
    if found is None:
        raise InvalidInput(
            "This is no address of a chat system. It begins with the system's name, such as "
            "slack://, matrixs:// or mmosts://; Apprise's documentation lists them all.",
            code="channel.address",
            field="address",
        )
    return found


def imported() -> Any:
    """Only when it is used: it brings many modules."""
    if not is_installed():
        raise Unavailable(
            f"Messages to chat systems need a package that is not installed. Install it: {INSTALL}",
            code="chat.missing",
            field="address",
        )
    import apprise

    return apprise
