"""What an operator can get wrong, told by `manage.py check --deploy` and `certiflow doctor`."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Advice

from pki.errors import CertiflowError

OTHERS = stat.S_IRWXG | stat.S_IRWXO

Check = Callable[[], Iterator[CheckMessage]]


def of_deployment(check: Check) -> Check:
    """Registers what is looked at where it matters, and not at every command."""

    def registered(**_: Any) -> list[CheckMessage]:
        return list(check())

    register(registered, Tags.security, deploy=True)
    return check


@of_deployment
def data_directory() -> Iterator[CheckMessage]:
    directory = Path(settings.DATA_DIR)
    if not directory.is_dir():
        return  # The first start makes it.
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        yield Error(
            f"This user may not read and write the data directory {directory}.",
            hint="Make this user its owner, or name another one in CERTIFLOW_DATA_DIR.",
            id="pki.E001",
        )
    elif is_open(directory):
        yield Advice(
            f"Others than its owner may look into the data directory {directory}.",
            hint=f"chmod 700 {directory}",
            id="pki.W002",
        )


@of_deployment
def key_files() -> Iterator[CheckMessage]:
    for path in secret_paths():
        if path.exists() and is_open(path):
            yield Error(
                f"Others than its owner may read {path}.",
                hint=f"chmod 600 {path}; change the key if anybody may have read it.",
                id="pki.E003",
            )


@of_deployment
def master_keys() -> Iterator[CheckMessage]:
    from pki.actions.key_ring import current_ring

    if not settings.MASTER_KEYS and not Path(settings.MASTER_KEYS_FILE).exists():
        return  # Looking must not make one.
    try:
        current_ring()
    except CertiflowError as error:
        yield Error(
            error.message,
            hint="Set CERTIFLOW_MASTER_KEYS, or CERTIFLOW_MASTER_KEYS_FILE, to the right ring.",
            id="pki.E004",
        )


@of_deployment
def host() -> Iterator[CheckMessage]:
    from pki.x509.names import server_name

    try:
        server_name(settings.HOST)
    except CertiflowError as error:
        yield Advice(
            f"This host cannot get a certificate under its name. {error.message}",
            hint="Set CERTIFLOW_HOST to the name under which browsers reach this machine.",
            id="pki.W005",
        )


@of_deployment
def public_url() -> Iterator[CheckMessage]:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.query or parts.fragment:
        yield Error(
            "CERTIFLOW_PUBLIC_URL has a “?” or a “#” in it, and paths are put at its end.",
            hint="Set it to scheme, host and path only, such as http://pki.example.com.",
            id="pki.E006",
        )
    if parts.scheme == "https":
        yield Advice(
            "CERTIFLOW_PUBLIC_URL begins with https: a client would need a trusted certificate "
            "to fetch what tells it which certificates to trust (RFC 5280, section 8).",
            hint="Use http://; what is fetched there is signed.",
            id="pki.W007",
        )


@of_deployment
def proxies() -> Iterator[CheckMessage]:
    if settings.TRUSTED_PROXIES and not settings.PROXY_SECRET:
        yield Advice(
            "CERTIFLOW_TRUSTED_PROXIES names proxies, and CERTIFLOW_PROXY_SECRET is not set: "
            "X-Forwarded-For is believed from every account of their machines, and not at all from "
            "loopback addresses; workstations' certificates are not accepted through them.",
            hint="Give the proxy and the product one secret, as docs/proxies.md describes.",
            id="pki.W008",
        )
    if settings.PROXY_SECRET and not settings.TRUSTED_PROXIES:
        yield Advice(
            "CERTIFLOW_PROXY_SECRET is set, and CERTIFLOW_TRUSTED_PROXIES is empty: no proxy is "
            "believed.",
            hint="Name the proxy's address in CERTIFLOW_TRUSTED_PROXIES.",
            id="pki.W009",
        )


def secret_paths() -> tuple[Path, ...]:
    return (
        Path(settings.DATA_DIR) / "secret_key",
        Path(settings.MASTER_KEYS_FILE),
        Path(settings.RESPONDER_KEYS_FILE),
    )


def is_open(path: Path) -> bool:
    return os.name != "nt" and bool(path.stat().st_mode & OTHERS)
