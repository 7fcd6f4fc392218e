"""Taking in a server certificate that another authority issued, to track it like our own."""

from cryptography import x509
from django.db import IntegrityError, transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.certificate_row import fields_of, parsed
from pki.actions.confirmations import NOTHING, Confirmations
from pki.actions.key_reuse import Holder, refuse_taken_key
from pki.actions.name_rules import CertifiedKey, check_import
from pki.actions.own_names import canonical
from pki.actions.sealed_rows import keep
from pki.actions.stored_keys import sealed_row
from pki.errors import Conflict, InvalidInput
from pki.models import Authority, Certificate, PrivateKey, Server
from pki.x509 import bundles, checks, facts, keys, names
from pki.x509.foreign_keys import foreign_key
from pki.x509.material import Material
from pki.x509.profiles import SERVER


def import_server_certificate(
    server: Server, material: Material, *, actor: Actor, confirmed: Confirmations = NOTHING
) -> Certificate:
    """The certificate becomes the server's current one; its key, where given, is sealed.

    Raises InvalidInput ``certificate.rules`` on ``files`` naming the rules it breaks,
    ``certificate.expired`` or ``key.…``, and Conflict ``certificate.known``; and what
    `check_import` raises.
    """
    check(server, material.certificate)
    key = sealed_row(material.key) if material.key else None
    try:
        with transaction.atomic():
            locked = Server.objects.select_for_update().get(pk=server.pk)
            identity = keys.key_identity(keys.of_certificate(material.certificate))
            refuse_taken_key(identity, Holder(server_id=server.pk), field="files")
            certified = canonical_names(material.certificate)
            check_import(
                locked,
                certified,
                CertifiedKey(facts.public_key_sha256(material.certificate)),
                actor=actor,
                confirmed=confirmed,
            )
            row = stored(locked, material, key)
            locked.certificate = row
            locked.save(update_fields=["certificate"])
            record(
                actor,
                "certificate.imported",
                row,
                issuer=row.issuer,
                names=row.names,
                with_private_key=key is not None,
                not_after=row.not_after.isoformat(),
            )
    except IntegrityError:
        raise Conflict(
            "This certificate is here already. Search for its serial number "
            f"{material.certificate.serial_number:x} to find it.",
            code="certificate.known",
            field="files",
        ) from None
    return row


def canonical_names(certificate: x509.Certificate) -> list[str]:
    """The DNS names and IP addresses it can be used for, its common name included."""
    found = facts.extension(certificate, x509.SubjectAlternativeName) or ()
    texts = [
        names.display(name) for name in found if isinstance(name, x509.DNSName | x509.IPAddress)
    ]
    texts.append(facts.common_name(certificate))
    return list(dict.fromkeys(canonical(text.rstrip(".")) for text in texts if text))


def check(server: Server, certificate: x509.Certificate) -> None:
    broken = [v for v in checks.server_verdicts(certificate, server.fqdn) if not v.ok]
    if broken:
        raise InvalidInput(
            "This certificate does not fit the server, so it was not taken in. "
            + " ".join(f"{verdict.rule}: {verdict.detail}" for verdict in broken),
            code="certificate.rules",
            field="files",
        )
    if certificate.not_valid_after_utc <= timezone.now():
        raise InvalidInput(
            f"This certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}. Import the "
            "one that is in use now.",
            code="certificate.expired",
            field="files",
        )
    foreign_key(certificate, field="files")


def stored(server: Server, material: Material, key: PrivateKey | None) -> Certificate:
    if key is not None:
        keep(key)
    return Certificate.objects.create(
        profile=SERVER.name,
        state=Certificate.State.ISSUED,
        source=Certificate.Source.IMPORTED,
        authority=our_issuer(material.certificate),
        server=server,
        private_key=key,
        replaces=server.certificate,
        issued_at=timezone.now(),
        chain=bundles.chain_pem(chain(material)),
        **fields_of(material.certificate),
    )


def our_issuer(certificate: x509.Certificate) -> Authority | None:
    """The root kept here, if it signed the certificate elsewhere (by `certgen`, for example)."""
    for authority in Authority.objects.select_related("certificate"):
        if checks.signed_by(certificate, parsed(authority.certificate)):
            return authority
    return None


def chain(material: Material) -> list[x509.Certificate]:
    """The issuers among the other certificates given, each the issuer of the one before."""
    ordered: list[x509.Certificate] = []
    current = material.certificate
    remaining = list(material.others)
    while following := next((c for c in remaining if checks.signed_by(current, c)), None):
        ordered.append(following)
        remaining.remove(following)
        current = following
    return ordered
