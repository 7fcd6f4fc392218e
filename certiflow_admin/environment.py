"""Reading one setting from the environment, or stopping with a sentence that names it."""

import contextlib
import ipaddress
import os
import secrets
import tempfile
import warnings
from collections.abc import Callable, Iterator
from email.utils import formataddr, parseaddr
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
ON = {"true", "on", "yes", "1"}
OFF = {"false", "off", "no", "0"}
#: The formats of pki.agent_site.proxy_headers, which settings cannot import.
PROXY_CERTIFICATES = ("nginx", "rfc9440", "haproxy", "envoy", "iis-arr")


class Setting:
    """Typed access to ``environ.Env``; every failure names the variable and the way out."""

    def __init__(self, env: environ.Env) -> None:
        self._env = env

    def text(self, name: str, *, default: str) -> str:
        value: str = self._env.str(name, default=default).strip()
        return value or default

    def parsed(self, name: str, parse: Callable[[str], T], *, default: str) -> T:
        value = self.text(name, default=default)
        try:
            return parse(value)
        except (ValueError, environ.ImproperlyConfigured) as error:
            # The value itself may hold a password (DATABASE_URL), so it is not repeated.
            raise ImproperlyConfigured(f"{name} is not usable: {error}") from None

    def boolean(self, name: str, *, default: bool) -> bool:
        return self.parsed(name, on_or_off, default="on" if default else "off")

    def secret(self, name: str, check: Callable[[str], str]) -> str:
        """The value, or what the file of ``<name>_FILE`` holds; empty where neither is set."""
        path = self.text(f"{name}_FILE", default="")
        if not path:
            return self.parsed(name, check, default="")
        try:
            return check(Path(path).read_text().strip())
        except OSError as error:
            problem = error.strerror
        except ValueError as error:
            problem = str(error)
        raise ImproperlyConfigured(f"{name}_FILE is not usable: {path}: {problem}")

    def database(self, name: str, *, default: str) -> dict[str, Any]:
        """The ``DATABASES`` entry for a URL, with what SQLite and PostgreSQL need to be safe."""
        with warnings.catch_warnings():
            # The warning about an unknown kind of database repeats the password in its address.
            warnings.simplefilter("ignore")
            entry = self.parsed(name, environ.Env.db_url_config, default=default)
        engine = entry.get("ENGINE") or ""
        if not engine.endswith((".sqlite3", ".postgresql")):
            raise ImproperlyConfigured(
                f"{name} is not usable: it must start with sqlite:/// or postgres://."
            )
        if engine.endswith(".postgresql") and find_spec("psycopg") is None:
            raise ImproperlyConfigured(
                f"{name} names a PostgreSQL database, whose driver is not installed. Install it: "
                "pip install --require-hashes -r requirements-postgresql.lock"
            )
        if engine.endswith(".sqlite3"):
            entry["OPTIONS"] = {
                # Writers queue at BEGIN instead of failing half-way through.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY",
            }
        else:
            entry["CONN_HEALTH_CHECKS"] = True
        entry["CONN_MAX_AGE"] = 600
        return entry

    def caches(self, name: str, *, default: str) -> dict[str, dict[str, Any]]:
        return counter_caches(self.parsed(name, environ.Env.cache_url_config, default=default))

    def email(self, name: str, *, default: str) -> dict[str, Any]:
        return self.parsed(name, environ.Env.email_url_config, default=default)


#: What is counted, each kind apart, so that a flood of one pushes out nothing of another: tries to
#: sign in, and refusals of agents.
COUNTED = ("counters", "refusals")
#: Far more than an attacker can make within the minutes that a counter lives.
COUNTERS_LIMIT = 100_000


def counter_caches(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The ``CACHES`` setting for the cache that was asked for."""
    return {"default": entry, **{alias: counter_cache(alias, entry) for alias in COUNTED}}


def counter_cache(alias: str, entry: dict[str, Any]) -> dict[str, Any]:
    made = {**entry, "OPTIONS": {**entry.get("OPTIONS", {})}}
    location = str(entry.get("LOCATION", ""))
    if entry["BACKEND"].endswith(".db.DatabaseCache"):
        made["BACKEND"] = "pki.counter_cache.CounterCache"
        made["LOCATION"] = f"{location}_{alias}"
    elif entry["BACKEND"].endswith(".locmem.LocMemCache"):
        made["LOCATION"] = f"{location}_{alias}"
    else:
        # A server of its own, which has its own rules for what goes when it is full.
        made["KEY_PREFIX"] = f"{entry.get('KEY_PREFIX', '')}{alias}"
        return made
    made["OPTIONS"]["MAX_ENTRIES"] = COUNTERS_LIMIT
    return made


@contextlib.contextmanager
def instead(**values: str) -> Iterator[None]:
    """These values while settings are read, and none of them afterwards.

    What stood there is not put back either: the process is not to have it.
    """
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)


def on_or_off(text: str) -> bool:
    if text.lower() in ON:
        return True
    if text.lower() in OFF:
        return False
    raise ValueError("it must be on or off.")


def bind_address(text: str) -> str:
    """``HOST:PORT`` to listen on; an IPv6 address stands in brackets."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("it must be an address and a port, such as 0.0.0.0:8443.")
    return text


def optional_bind_address(text: str) -> str:
    return bind_address(text) if text else ""


def seconds(text: str) -> int:
    """A whole number of seconds from 1 to a day."""
    if not text.isdigit() or not 1 <= int(text) <= 86_400:
        raise ValueError("it must be a number of seconds from 1 to 86400.")
    return int(text)


def body_size(text: str) -> int:
    """Bytes, from what the forms and the agents' API need to what fits into memory."""
    if not text.isdigit() or not 2 * 1024 * 1024 <= int(text) <= 64 * 1024 * 1024:
        raise ValueError("it must be a number of bytes from 2097152 (2 MiB) to 67108864 (64 MiB).")
    return int(text)


def connections(text: str) -> int:
    """How many one address may have; a browser alone opens six."""
    if not text.isdigit() or not 10 <= int(text) <= 100_000:
        raise ValueError("it must be a number of connections from 10 to 100000.")
    return int(text)


def url(text: str) -> str:
    """An http or https address without a trailing slash, or nothing."""
    if text and (urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).netloc):
        raise ValueError("it must start with http:// or https://.")
    return text.rstrip("/")


def mail_address(text: str) -> str:
    """An address that mail comes from, with a name before it or without."""
    name, address = parseaddr(text)
    if not address or ("<" not in text and address != text):
        raise ValueError("it must be an e-mail address, such as certiflow@example.com.")
    # A host without a domain has no address that Django's own check would take.
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(ord(each) <= 32 for each in address):
        raise ValueError("it must be an e-mail address, such as certiflow@example.com.")
    return formataddr((name, address))


def address_list(text: str) -> list[str]:
    """Comma-separated IP addresses and networks, each checked."""
    entries = [part.strip() for part in text.split(",") if part.strip()]
    for entry in entries:
        ipaddress.ip_network(entry, strict=False)
    return entries


#: Characters below which a secret could be guessed.
SECRET_LENGTH = 32


def proxy_secret(text: str) -> str:
    """What fits into a header as it is, and is long enough that nobody guesses it."""
    if text and (len(text) < SECRET_LENGTH or not all("!" <= each <= "~" for each in text)):
        raise ValueError(
            f"it must have at least {SECRET_LENGTH} characters from ! to ~ without spaces; "
            "“openssl rand -hex 32” makes one."
        )
    return text


def proxy_certificate(text: str) -> str:
    if text not in PROXY_CERTIFICATES:
        raise ValueError(f"it must be one of {', '.join(PROXY_CERTIFICATES)}.")
    return text


def secret_key(text: str, path: Path) -> str:
    """Django's signing key: the one given, else the one in ``path``, made at first use."""
    if text:
        return text
    try:
        if not path.exists():
            make_secret_key(path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"CERTIFLOW_DATA_DIR is not usable: {error.strerror}: {error.filename}. "
            "Name a directory this user may write to."
        ) from None


def make_secret_key(path: Path) -> None:
    """All of it or nothing under its name: another process may read it at this moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made with mode 0600.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret_key.") as file:
        file.write(secrets.token_urlsafe(64))
        file.flush()
        os.fsync(file.fileno())
        # A link fails where another process was faster; its key is then the one in force.
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
