"""What a start tells: where the dashboard is and, until it is set up, how to get in."""

from collections.abc import Iterator
from importlib.metadata import version

from django.conf import settings

from certiflow_admin.temporary_certificate import temporary_certificate
from pki.actions.host_certificate import host_fingerprint
from pki.actions.setup_code import has_administrator, is_set_up, new_setup_code


def welcome() -> str:
    """Addresses and, while nobody has an account, a fresh set-up code, told nowhere else."""
    return "\n".join(lines()) + "\n\n"


def lines() -> Iterator[str]:
    yield f"CertiFlow Admin {version('certiflow-admin')}"
    yield ""
    yield row("Dashboard", address(settings.HOST))
    yield row("Agent site", f"https://{settings.HOST}:{settings.AGENT_BIND.rpartition(':')[2]}/")
    if settings.PUBLIC_BIND:
        port = settings.PUBLIC_BIND.rpartition(":")[2]
        yield row("Public site", f"http://{settings.HOST}:{port}/pki/, /ocsp/")
    if listens_on_loopback() and settings.HOST != "localhost":
        yield row("On this machine", address("localhost"))
    if not has_administrator():
        yield row("Set up", address(settings.HOST, "setup/"))
        yield row("Set-up code", f"{new_setup_code()}   (works once, for 24 hours)")
    elif not is_set_up():
        yield row("Set up", f"{address(settings.HOST, 'setup/')} goes on where it was left")
    if not host_fingerprint():
        yield ""
        yield "Browsers warn until this host has a certificate. The temporary one's SHA-256:"
        yield f"  {spaced(temporary_certificate().ensure(settings.HOST))}"
    yield ""
    yield "Ctrl-C stops everything."


def row(label: str, text: str) -> str:
    return f"  {label:<17}{text}"


def address(host: str, path: str = "") -> str:
    port = settings.DASHBOARD_BIND.rpartition(":")[2]
    return f"https://{host}{'' if port == '443' else f':{port}'}/{path}"


def listens_on_loopback() -> bool:
    host = settings.DASHBOARD_BIND.rpartition(":")[0].strip("[]")
    return host in {"0.0.0.0", "::", "127.0.0.1", "::1", "localhost"}  # noqa: S104


def spaced(sha256: str) -> str:
    """As browsers show it."""
    return ":".join(sha256[i : i + 2] for i in range(0, len(sha256), 2)).upper()
