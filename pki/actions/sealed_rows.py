"""Records sealed by the vault on their way into the database and out of it.

Whatever a process knows of the ring, a record is stored only under the key that seals now:
`keep` looks under a lock, and seals anew what was sealed before the key was changed.
"""

from django.apps import apps

from pki.actions import statements
from pki.actions.key_ring import current_ring, ring_for
from pki.errors import Unavailable
from pki.models import Channel, KeyRingState, PrivateKey, Sealed, SealingKeys, Secret
from pki.models.key_ring_state import in_transaction
from pki.vault import sealing
from pki.vault.ring import KeyRing

#: Every table with sealed records.
SEALED: tuple[type[Sealed], ...] = (PrivateKey, Secret)


def seal_into(row: Sealed, plain: bytes, ring: KeyRing | None = None) -> None:
    """``plain`` in place of what the unsaved row held; under the ring in force, or ``ring``."""
    ring = ring or ring_for(row.kind_of_ring)
    row.sealed = sealing.seal(plain, row.associated_data, ring)
    row.sealed_under = sealing.sealed_under(row.sealed)
    row.sealed_with = ring


def keep(row: Sealed) -> None:
    """Store it, sealed under the key that seals now. Raises Unavailable ``vault.sealing_key``."""
    with in_transaction():
        keys = sealing_keys()
        if keys.of(row.kind_of_ring) != row.sealed_under:
            seal_anew(row, keys)
        if row._state.adding:
            statements.insert(row)
        else:
            row.save(update_fields=["sealed", "sealed_under"])


def sealing_keys() -> SealingKeys:
    """Inside a transaction, and unchanged until it ends; the ring's first keys to begin with."""
    found = KeyRingState.shared()
    if found is None:
        KeyRingState.objects.bulk_create([state_of(current_ring())], ignore_conflicts=True)
        found = KeyRingState.shared()
    assert found is not None  # noqa: S101 - it is there, or the database refused
    return found


def state_of(ring: KeyRing) -> KeyRingState:
    return KeyRingState(
        pk=1, master_key=ring.first.id, responder_key=ring.for_responders().first.id
    )


def seal_anew(row: Sealed, keys: SealingKeys) -> None:
    """Under the key that seals now; the secret itself is not decrypted."""
    ring = ring_for(row.kind_of_ring).led_by(keys.of(row.kind_of_ring))
    known = ring if row.sealed_with is None else ring.followed_by(row.sealed_with)
    row.sealed = sealing.reseal(bytes(row.sealed), row.associated_data, known)
    row.sealed_under = sealing.sealed_under(row.sealed)
    row.sealed_with = ring


def open_row(row: Sealed, ring: KeyRing | None = None) -> bytes:
    """What it holds. Raises Unavailable ``vault.damaged`` or ``vault.unknown_key``."""
    if ring is not None:
        return sealing.open_sealed(bytes(row.sealed), row.associated_data, ring)
    try:
        return opened(row, bytes(row.sealed))
    except Unavailable as error:
        if error.code != "vault.unknown_key":
            raise
        # Read before it was sealed anew, and the old key was forgotten meanwhile.
        stored = type(row)._default_manager.filter(pk=row.pk).values_list("sealed", flat=True)
        newest = stored.first()
        if newest is None or bytes(newest) == bytes(row.sealed):
            raise
        return opened(row, bytes(newest))


def opened(row: Sealed, sealed: bytes) -> bytes:
    return sealing.open_sealed(sealed, row.associated_data, ring_for(row.kind_of_ring))


def described(row: Sealed) -> str:
    """What an administrator knows it by, and the key it says it is under."""
    if isinstance(row, PrivateKey):
        serials = row.certificates.values_list("common_name", "serial_number")[:3]
        of = ", ".join(f"{name} {serial}" for name, serial in serials) or "no certificate"
        return f"private key {row.pk} (of {of}, sealed under {row.sealed_under})"
    return f"secret {row.pk} ({owner_of(row)}sealed under {row.sealed_under})"


def owner_of(row: Sealed) -> str:
    channel = Channel.objects.filter(secret=row.pk).first()
    if channel:
        return f"of the channel {channel}, "
    for factor in apps.get_model("mfa", "Authenticator")._default_manager.select_related("user"):
        if any(str(row.pk) in str(value) for value in factor.data.values()):
            return f"of a second factor of {factor.user}, "
    return ""
