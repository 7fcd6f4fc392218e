"""Making the certificates that were asked for, all in memory."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from pki.certgen.existing_root import existing_root
from pki.certgen.options import Options
from pki.certgen.passwords import Passwords
from pki.errors import InvalidInput
from pki.files import PRIVATE, PUBLIC
from pki.x509 import bundles, issuing, keys, name_constraints, names, root_file
from pki.x509.issuing import CertificateRequest
from pki.x509.profiles import ROOT, SERVER, SMALLEST_RSA, WEAK_RSA, Profile

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


def make(options: Options, passwords: Passwords) -> Made:
    """Everything the options ask for. Raises InvalidInput and Conflict of the core."""
    now = datetime.now(UTC)
    # What can be refused is refused before a key is made, which takes a while.
    check_sizes(options)
    server_names = names_of(options) if options.makes_server else ()
    constraints = name_constraints.of_texts(options.permitted, field="rootPermit")
    hosts = [names.general_name(name) for name in server_names]
    name_constraints.refuse_outside(constraints, x509.Name([]), hosts, field="rootPermit")
    lifetime = timedelta(days=options.days) if options.days is not None else None
    if lifetime is not None:
        (SERVER if options.makes_server else ROOT).check_lifetime(lifetime)
    files: Files = {}
    if options.root:
        root = new_root(options, None if options.makes_server else lifetime, now, constraints)
        files |= root_files(root, options, passwords.root)
    else:
        path = options.root_key or Path()
        root = Pair(*existing_root(path, passwords.root, now, allow_weak=options.allow_weak_keys))
    server = None
    if options.makes_server:
        server = new_server(options, root, server_names, lifetime, now)
        files |= server_files(server, root, options, passwords.pfx)
    return Made(root, server, files, tuple(warnings(options, root, server)))


def check_sizes(options: Options) -> None:
    wanted: list[tuple[Profile, int, str]] = []
    if options.root:
        wanted.append((ROOT, options.root_key_size, "rootKeySize"))
    if options.makes_server:
        wanted.append((SERVER, options.ssl_key_size, "sslKeySize"))
    for profile, bits, name in wanted:
        try:
            profile.check_key(keys.KeySpec("rsa", bits=bits), allow_weak=options.allow_weak_keys)
        except InvalidInput as error:
            weak = error.code == "key.too_small" and bits >= SMALLEST_RSA
            hint = " For a system that takes no better one, add --allow-weak-keys." if weak else ""
            raise InvalidInput(f"{name}: {error}{hint}", code=error.code, field=name) from None


def warnings(options: Options, root: Pair, server: Pair | None) -> list[str]:
    """What was made as it was asked for, and may still not be what is wanted."""
    found = []
    for what, pair in (("root", root), ("server certificate", server)):
        spec = keys.spec_of(pair.key) if pair else keys.KeySpec("")
        if spec.algorithm == "rsa" and spec.bits < WEAK_RSA:
            found.append(
                f"the {what}'s key, {spec.label}, is weak: clients of today refuse it, and it can "
                "be broken."
            )
    if server and options.this_computer and "." not in this_computer():
        found.append(
            f"this computer's name, {this_computer()}, has no domain. Clients that call it by a "
            "longer one will not accept the certificate; give that one by sn."
        )
    if server and server.certificate.not_valid_after_utc == root.certificate.not_valid_after_utc:
        found.append(
            "the root ends soon, on "
            f"{root.certificate.not_valid_after_utc:%Y-%m-%d}, and the server certificate with it."
        )
    return found


def names_of(options: Options) -> tuple[str, ...]:
    fqdn = own_name() if options.this_computer else names.server_name(options.server_name)
    others = names.alternative_names(options.names, field="san")
    return (fqdn, *(name for name in others if name != fqdn))


def own_name() -> str:
    try:
        return names.server_name(this_computer(), field="csn")
    except InvalidInput as error:
        raise InvalidInput(
            f"csn, this computer's name: {error} Its name for others can be given by sn.",
            code=error.code,
            field="csn",
        ) from None


def this_computer() -> str:
    """This computer's full name; its short one where the resolver knows no better."""
    name = socket.getfqdn().rstrip(".")
    return socket.gethostname() if name.startswith("localhost") else name


def new_root(
    options: Options,
    lifetime: timedelta | None,
    now: datetime,
    constraints: x509.NameConstraints | None,
) -> Pair:
    key = keys.generate(keys.KeySpec("rsa", bits=options.root_key_size))
    certificate = issuing.root(
        ROOT_NAME,
        key,
        now=now,
        lifetime=lifetime,
        allow_weak_key=options.allow_weak_keys,
        constraints=constraints,
    )
    return Pair(certificate, key)


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
        # The same key: with a password on one file only, the other would give it away.
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
