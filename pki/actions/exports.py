"""Handing out a private key, which is always written down."""

from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.certificate_row import chain_of, parsed
from pki.actions.stored_keys import open_key
from pki.errors import Conflict, NotFound
from pki.models import Certificate
from pki.x509 import bundles, keys
from pki.x509.bundles import PfxEncryption


def export_key(certificate: Certificate, *, actor: Actor, password: str = "") -> bytes:
    """PKCS#8 PEM, encrypted when there is a password. Raises NotFound ``key.not_here``."""
    secret = bundles.password_bytes(password)
    content = keys.to_pem(private_key(certificate), secret or None)
    return written_down(content, certificate, actor, format="key", encrypted=bool(password))


def export_pfx(
    certificate: Certificate,
    *,
    actor: Actor,
    password: str,
    encryption: PfxEncryption = PfxEncryption.COMPATIBLE,
) -> bytes:
    """PKCS#12 with key, certificate and chain. Raises NotFound ``key.not_here``."""
    content = bundles.pfx(
        private_key(certificate),
        parsed(certificate),
        chain_of(certificate),
        password,
        friendly_name=certificate.common_name,
        encryption=encryption,
    )
    return written_down(
        content, certificate, actor, format=f"pfx {encryption.value}", encrypted=bool(password)
    )


def private_key(certificate: Certificate) -> keys.PrivateKey:
    if certificate.state not in {Certificate.State.ISSUED, Certificate.State.REVOKED}:
        raise Conflict(
            "This certificate was never issued, so there is nothing to download.",
            code="certificate.not_issued",
        )
    if certificate.private_key is None:
        raise NotFound(
            "The private key of this certificate is not kept here: it stayed where its request "
            "was made. Download the certificate and join the two there.",
            code="key.not_here",
        )
    if Certificate.objects.filter(pk=certificate.pk, authority_of__isnull=False).exists():
        raise Conflict(
            "This is the root's key. It leaves only as agent_root_ca.json, from the page of the "
            "authority.",
            code="key.of_authority",
        )
    return open_key(certificate.private_key)


def written_down(content: bytes, certificate: Certificate, actor: Actor, **detail: object) -> bytes:
    """``content``, once the audit trail says that it goes out."""
    with transaction.atomic():
        record(actor, "private_key.exported", certificate, **detail)
    return content
