"""Issuing and renewing the certificate of a server."""

from dataclasses import replace
from datetime import timedelta

from pki.actions.actor import Actor
from pki.actions.certificate_row import parsed
from pki.actions.confirmations import NOTHING, Confirmations
from pki.actions.issuance import Order, issue
from pki.actions.stored_keys import open_key, sealed_row
from pki.errors import Conflict, InvalidInput
from pki.models import Certificate, PrivateKey, Server
from pki.x509 import keys, names, requests
from pki.x509.issuing import CertificateRequest
from pki.x509.profiles import SERVER

Source = Certificate.Source


def issue_for_server(
    server: Server,
    *,
    actor: Actor,
    key_spec: keys.KeySpec = SERVER.default_key,
    csr: bytes = b"",
    lifetime: timedelta | None = None,
    confirmed: Confirmations = NOTHING,
) -> Certificate:
    """The first certificate of ``server``: for a new key kept here, or for a CSR's key.

    Raises InvalidInput on ``key``, ``csr`` or ``days``, InvalidInput or Forbidden ``name.…``
    and ``host.…`` on names, and Conflict ``server.changed`` when it has one already.
    """
    order = order_for(server, key_spec, csr, lifetime, replaces=None)
    return issue(replace(order, confirmed=confirmed), actor=actor)


def renew(
    server: Server,
    *,
    actor: Actor,
    expected: Certificate,
    same_key: bool = False,
    key_spec: keys.KeySpec = SERVER.default_key,
    csr: bytes = b"",
    lifetime: timedelta | None = None,
    confirmed: Confirmations = NOTHING,
) -> Certificate:
    """A new certificate in the place of ``expected``, which stays in the history.

    With ``same_key`` the key of ``expected`` goes on. Raises as `issue_for_server`, and
    Conflict ``server.changed`` when ``expected`` is not the current one any more.
    """
    if same_key:
        order = order_for_same_key(server, expected, lifetime)
    else:
        order = order_for(server, key_spec, csr, lifetime, replaces=expected)
    return issue(replace(order, confirmed=confirmed), actor=actor)


def renew_alike(
    server: Server,
    *,
    expected: Certificate,
    actor: Actor,
    confirmed: Confirmations = NOTHING,
) -> Certificate:
    """As `renew`, with nothing to choose: as long as usual, for the same kind of key.

    The key itself stays where the server is to keep it, and where it is on the server only:
    nobody would bring a new one there.
    """
    if server.renew_same_key or expected.source == Source.REQUEST:
        return renew(server, actor=actor, expected=expected, same_key=True, confirmed=confirmed)
    key_spec = keys.KeySpec.parse(expected.key_algorithm)
    return renew(server, actor=actor, expected=expected, key_spec=key_spec, confirmed=confirmed)


def order_for(
    server: Server,
    key_spec: keys.KeySpec,
    csr: bytes,
    lifetime: timedelta | None,
    *,
    replaces: Certificate | None,
) -> Order:
    if csr:
        public_key = requested_key(server, csr)
        return order(server, public_key, None, Source.REQUEST, lifetime, replaces)
    SERVER.check_key(key_spec)
    key = keys.generate(key_spec)
    return order(server, key.public_key(), sealed_row(key), Source.GENERATED, lifetime, replaces)


def order_for_same_key(server: Server, expected: Certificate, lifetime: timedelta | None) -> Order:
    if expected.revocation_reason == Certificate.RevocationReason.KEY_COMPROMISE:
        raise Conflict(
            "The key of this certificate was reported as compromised, so it is not used again. "
            "Renew with a new key.",
            code="key.compromised",
            field="key",
        )
    if expected.private_key is not None:
        public_key = open_key(expected.private_key).public_key()
        return order(server, public_key, expected.private_key, Source.GENERATED, lifetime, expected)
    if expected.source != Source.REQUEST:
        raise Conflict(
            "The private key of this certificate is not kept here, and nobody has proven to hold "
            "it. Renew with a new key or from a certificate request.",
            code="key.not_proven",
            field="key",
        )
    public_key = keys.supported_public(parsed(expected).public_key())
    return order(server, public_key, None, Source.REQUEST, lifetime, expected)


def order(
    server: Server,
    public_key: keys.PublicKey,
    private_key: PrivateKey | None,
    source: str,
    lifetime: timedelta | None,
    replaces: Certificate | None,
) -> Order:
    request = CertificateRequest(
        profile=SERVER,
        common_name=server.fqdn,
        names=(server.fqdn, *server.additional_names),
        public_key=public_key,
        lifetime=lifetime,
    )
    return Order(request, source, server=server, private_key=private_key, replaces=replaces)


def requested_key(server: Server, csr: bytes) -> keys.PublicKey:
    """The key of a request that asks for nothing this server does not have."""
    parsed_request = requests.parse(csr)
    check_key(parsed_request.spec)
    allowed = {server.fqdn, *server.additional_names}
    asked = [*parsed_request.names]
    if names.DNS_LIKE.fullmatch(parsed_request.common_name):
        asked.append(parsed_request.common_name.lower())
    foreign = [name for name in asked if name not in allowed]
    if foreign:
        raise InvalidInput(
            f"The certificate request asks for {', '.join(foreign[:5])}, and the names of this "
            f"server are {', '.join(sorted(allowed)[:5])}. Add the name to the server first, or "
            "make a request for the right server.",
            code="request.foreign_name",
            field="csr",
        )
    return parsed_request.public_key


def check_key(spec: keys.KeySpec) -> None:
    try:
        SERVER.check_key(spec)
    except InvalidInput as error:
        raise InvalidInput(
            f"{error.message} Make a new request with such a key.", code=error.code, field="csr"
        ) from None
