"""Making the certificates that were asked for, all in memory."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from pki.certgen.options import Options
from pki.errors import InvalidInput
from pki.files import PRIVATE, PUBLIC
from pki.x509 import bundles, checks, issuing, keys, names, root_file
from pki.x509.issuing import CertificateRequest
from pki.x509.material import SIZE_LIMIT, read_material
from pki.x509.profiles import ROOT, SERVER, Profile

ROOT_NAME = "CM Agent CA"

Files = dict[str, tuple[bytes, int]]


@dataclass(frozen=True)
class Pair:
    certificate: x509.Certificate
    key: keys.PrivateKey


@dataclass(frozen=True)
class Made:
    root: Pair
    server: Pair | None
    files: Mapping[str, tuple[bytes, int]]
    warnings: tuple[str, ...]


def make(options: Options, *, password: str, root_password: str) -> Made:
    """Everything the options ask for. Raises InvalidInput and Conflict of the core."""
    now = datetime.now(UTC)
    warnings = weak_keys(options)
    # What can be refused is refused before a key is made, which takes a while.
    server_names = names_of(options) if options.makes_server else ()
    lifetime = timedelta(days=options.days) if options.days is not None else None
    files: Files = {}
    if options.root:
        root = new_root(options, None if options.makes_server else lifetime, now)
        files |= root_files(root, options, root_password)
    else:
        root = existing_root(options.root_key or Path(), root_password, now)
    server = None
    if options.makes_server:
        server = new_server(options, root, server_names, lifetime, now)
        files |= server_files(server, root, options, password)
    return Made(root, server, files, tuple(warnings))


def weak_keys(options: Options) -> list[str]:
    """Check the sizes; warn where weak ones were insisted on."""
    wanted: list[tuple[Profile, int, str]] = []
    if options.root:
        wanted.append((ROOT, options.root_key_size, "rootKeySize"))
    if options.makes_server:
        wanted.append((SERVER, options.ssl_key_size, "sslKeySize"))
    warnings = []
    for profile, bits, name in wanted:
        try:
            profile.check_key(keys.KeySpec("rsa", bits=bits), allow_weak=options.allow_weak_keys)
        except InvalidInput as error:
            hint = (
                " Systems that know nothing better: --allow-weak-keys."
                if error.code == "key.too_small" and bits >= 1024
                else ""
            )
            raise InvalidInput(f"{name}: {error}{hint}", code=error.code, field=name) from None
        if bits < 2048:
            warnings.append(
                f"{name} {bits} is weak: clients of today refuse it, and it can be broken."
            )
    return warnings


def names_of(options: Options) -> tuple[str, ...]:
    fqdn = names.server_name(this_computer() if options.this_computer else options.server_name)
    others = names.alternative_names(options.names, field="san")
    return (fqdn, *(name for name in others if name != fqdn))


def this_computer() -> str:
    """This computer's full name; its short one where the resolver knows no better."""
    name = socket.getfqdn()
    return socket.gethostname() if name.startswith("localhost") else name


def new_root(options: Options, lifetime: timedelta | None, now: datetime) -> Pair:
    key = keys.generate(keys.KeySpec("rsa", bits=options.root_key_size))
    certificate = issuing.root(
        ROOT_NAME, key, now=now, lifetime=lifetime, allow_weak_key=options.allow_weak_keys
    )
    return Pair(certificate, key)


def existing_root(path: Path, password: str, now: datetime) -> Pair:
    """The root in a file, checked that it can sign. Raises InvalidInput on ``rootKey``."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise InvalidInput(
            f"rootKey: {path} cannot be read: {error.strerror}. Name agent_root_ca.json.",
            code="root_file.missing",
            field="rootKey",
        ) from None
    material = read_material([content], password)
    if material.key is None:
        raise InvalidInput(
            f"rootKey: {path} has no private key. Name agent_root_ca.json, which holds both.",
            code="material.no_key",
            field="rootKey",
        )
    checks.check_authority(material.certificate, now=now)
    return Pair(material.certificate, material.key)


def new_server(
    options: Options,
    root: Pair,
    server_names: tuple[str, ...],
    lifetime: timedelta | None,
    now: datetime,
) -> Pair:
    key = keys.generate(keys.KeySpec("rsa", bits=options.ssl_key_size))
    request = CertificateRequest(
        profile=SERVER,
        common_name=server_names[0],
        names=server_names,
        public_key=key.public_key(),
        lifetime=lifetime,
        allow_weak_key=options.allow_weak_keys,
    )
    prepared = issuing.prepare(request, root.certificate, now=now)
    return Pair(issuing.issue(prepared, root.key), key)


def root_files(root: Pair, options: Options, password: str) -> Files:
    secret = bundles.password_bytes(password) or None
    return {
        "agent_root_ca.json": (root_file.write(root.certificate, root.key, password), PRIVATE),
        "agent_root_ca.cer": (encoded(root.certificate, options), PUBLIC),
        "agent_root_ca.key": (keys.to_pem(root.key, secret), PRIVATE),
    }


def server_files(server: Pair, root: Pair, options: Options, password: str) -> Files:
    pfx = bundles.pfx(
        server.key,
        server.certificate,
        [root.certificate],
        password,
        friendly_name="CM Agent SSL",
        encryption=bundles.PfxEncryption(options.pfx),
    )
    return {
        "agent_ssl_cert.cer": (encoded(server.certificate, options), PUBLIC),
        "agent_ssl_cert.key": (keys.to_pem(server.key), PRIVATE),
        "agent_ssl_cert.pfx": (pfx, PRIVATE),
    }


def encoded(certificate: x509.Certificate, options: Options) -> bytes:
    return bundles.pem(certificate) if options.pem else bundles.der(certificate)
