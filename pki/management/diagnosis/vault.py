"""The key ring, and every private key and other secret sealed under it."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from pki.actions import audit_key
from pki.actions.key_ring import current_ring, has_sealed_keys, responder_ring
from pki.actions.sealed_rows import SEALED, described
from pki.actions.second_factors import in_the_clear
from pki.actions.stored_keys import open_key
from pki.actions.stored_secrets import open_secret
from pki.errors import CertiflowError
from pki.management.diagnosis.finding import Finding, mend, ok, warn
from pki.models import PrivateKey, Secret
from pki.vault.ring import KeyRing
from pki.x509 import keys

RING = "Key ring"
KEYS = "Private keys"
RESPONDERS = "Responder keys"
SECRETS = "Other secrets"
CHUNK = 500
#: Records named in one finding.
SHOWN = 20


def findings() -> Iterator[Finding]:
    if not has_ring() and not has_sealed_keys():
        yield ok(RING, "It is made together with the first private key.")
        return
    try:
        ring = current_ring()
    except CertiflowError as error:
        yield mend(RING, error.message, "Until then no private key opens, the root's included.")
        return
    where = "CERTIFLOW_MASTER_KEYS" if settings.MASTER_KEYS else settings.MASTER_KEYS_FILE
    count = len(ring.keys)
    yield ok(RING, f"{count} {'key' if count == 1 else 'keys'} in {where}.")
    yield responder_keys()
    yield every_key()
    yield from every_secret()
    yield from older(ring)


def responder_keys() -> Finding:
    """What the public site opens, which has no other key."""
    path = Path(settings.RESPONDER_KEYS_FILE)
    try:
        written = path.read_text() == responder_ring().text()
    except OSError:
        written = False
    if written:
        return ok(RESPONDERS, f"{path} holds those of the ring, for the public site.")
    return warn(
        RESPONDERS,
        f"{path} does not hold those of the ring, so the public site cannot answer OCSP.",
        "Start the product, whose scheduler writes it; see that this user may.",
    )


def has_ring() -> bool:
    return bool(settings.MASTER_KEYS) or Path(settings.MASTER_KEYS_FILE).exists()


def every_key() -> Finding:
    """Opens each one and compares it with the public key it belongs to."""
    opened = 0
    unusable: list[PrivateKey] = []
    for row in PrivateKey.objects.order_by("pk").iterator(chunk_size=CHUNK):
        if opens(row):
            opened += 1
        else:
            unusable.append(row)
    if not unusable:
        return ok(KEYS, f"All {opened:,} open." if opened else "There are none yet.")
    named = "; ".join(described(row) for row in unusable[:SHOWN])
    more = f"; and {len(unusable) - SHOWN:,} more" if len(unusable) > SHOWN else ""
    return mend(
        KEYS,
        f"{len(unusable):,} of {opened + len(unusable):,} do not open: {named}{more}.",
        "Put the master key back into the ring if one was taken out; else restore these records "
        "from a backup, or renew the certificates with new keys.",
    )


def opens(row: PrivateKey) -> bool:
    try:
        key = open_key(row)
    except (CertiflowError, ValueError):
        return False
    return keys.public_key_sha256(key.public_key()) == row.public_key_sha256


def every_secret() -> Iterator[Finding]:
    """Of webhooks, chats and second factors; nothing to say where there are none."""
    # That of the audit trail is verified with the trail.
    rows = Secret.objects.exclude(pk=audit_key.SECRET_ID).order_by("pk")
    shut = [row for row in rows if not secret_opens(row)]
    if shut:
        named = "; ".join(described(row) for row in shut[:SHOWN])
        yield mend(
            SECRETS,
            f"{len(shut):,} do not open: {named}.",
            "Put the master key back into the ring if one was taken out; else remove the channels "
            "under Settings, Recipients, and add them again, and take the second factors away, so "
            "that their owners can set up new ones.",
        )
    elif count := rows.count():
        yield ok(SECRETS, f"All {count:,} open.")
    clear = len(in_the_clear())
    if clear:
        yield mend(
            "Second factors",
            f"The secrets of {clear:,} lie in the clear in the database.",
            "Restart the product, which seals them at its start.",
        )


def secret_opens(row: Secret) -> bool:
    try:
        open_secret(row)
    except (CertiflowError, ValueError):
        return False
    return True


def older(ring: KeyRing) -> Iterator[Finding]:
    keys = (ring.first.id, ring.for_responders().first.id)
    behind = sum(model._default_manager.exclude(sealed_under__in=keys).count() for model in SEALED)
    if behind:
        yield warn(
            "Sealing",
            f"{behind:,} private keys or other secrets are sealed under another key than the "
            "ring's first.",
            "Run “certiflow rekey”.",
        )
