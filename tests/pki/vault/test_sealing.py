"""Sealed records: they open as they were sealed and where they were sealed, or not at all."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import Unavailable
from pki.vault import sealing
from pki.vault.ring import KeyRing

RING = KeyRing.generate()
ROW = b"pki.PrivateKey:1:aa"
#: A short record, so that Hypothesis visits every byte of it.
SEALED = sealing.seal(b"the secret", ROW, RING)

secrets_and_rows = st.tuples(st.binary(max_size=4096), st.binary(max_size=80))


@given(secrets_and_rows)
def test_what_was_sealed_opens(example: tuple[bytes, bytes]) -> None:
    secret, row = example
    assert sealing.open_sealed(sealing.seal(secret, row, RING), row, RING) == secret


@given(secrets_and_rows, st.binary(max_size=80))
def test_a_record_moved_to_another_row_does_not_open(
    example: tuple[bytes, bytes], other: bytes
) -> None:
    secret, row = example
    sealed = sealing.seal(secret, row, RING)
    if other == row:
        return
    with pytest.raises(Unavailable) as refusal:
        sealing.open_sealed(sealed, other, RING)
    assert refusal.value.code == "vault.damaged"


@pytest.mark.parametrize("position", range(len(SEALED)))
def test_a_record_changed_in_any_byte_does_not_open(position: int) -> None:
    changed = bytearray(SEALED)
    changed[position] ^= 0x01
    with pytest.raises(Unavailable) as refusal:
        sealing.open_sealed(bytes(changed), ROW, RING)
    assert refusal.value.code in {"vault.damaged", "vault.unknown_key"}
    assert b"the secret" not in refusal.value.message.encode()


@given(st.binary(max_size=len(SEALED) * 2))
def test_what_is_no_record_is_called_damaged(garbage: bytes) -> None:
    with pytest.raises(Unavailable) as refusal:
        sealing.open_sealed(garbage, ROW, RING)
    assert refusal.value.code in {"vault.damaged", "vault.unknown_key"}


@given(st.integers(0, len(SEALED) - 1))
def test_a_record_cut_off_does_not_open(length: int) -> None:
    with pytest.raises(Unavailable) as refusal:
        sealing.open_sealed(SEALED[:length], ROW, RING)
    assert refusal.value.code == "vault.damaged"


def test_parts_of_two_records_of_one_row_do_not_go_together() -> None:
    other = sealing.seal(b"the secret", ROW, RING)
    spliced = SEALED[: sealing.WRAPPED.stop] + other[sealing.WRAPPED.stop :]
    with pytest.raises(Unavailable):
        sealing.open_sealed(spliced, ROW, RING)


def test_the_same_secret_never_looks_the_same() -> None:
    assert sealing.seal(b"the secret", ROW, RING) != SEALED
    assert b"the secret" not in SEALED


def test_a_record_is_aes_256_gcm_as_the_module_says() -> None:
    """Opened here with nothing but the cipher and the layout in the docstring."""
    version, wrapped, body = SEALED[:9], SEALED[9:69], SEALED[69:]
    assert version == b"\x01" + bytes.fromhex(RING.first.id)
    data_key = AESGCM(RING.first.secret).decrypt(wrapped[:12], wrapped[12:], version + ROW)
    assert AESGCM(data_key).decrypt(body[:12], body[12:], b"\x01" + ROW) == b"the secret"


def test_an_old_key_of_the_ring_still_opens() -> None:
    assert sealing.open_sealed(SEALED, ROW, RING.with_new_first()) == b"the secret"


def test_a_ring_without_the_key_says_which_one_is_missing() -> None:
    with pytest.raises(Unavailable) as refusal:
        sealing.open_sealed(SEALED, ROW, KeyRing.generate())
    assert refusal.value.code == "vault.unknown_key"
    assert RING.first.id in refusal.value.message


@given(secrets_and_rows)
def test_a_resealed_record_opens_without_the_old_key(example: tuple[bytes, bytes]) -> None:
    secret, row = example
    sealed = sealing.seal(secret, row, RING)
    longer = RING.with_new_first()
    resealed = sealing.reseal(sealed, row, longer)
    assert sealing.sealed_under(resealed) == longer.first.id
    assert sealing.open_sealed(resealed, row, longer.only_first()) == secret
    # The secret's own ciphertext is the same: it was never decrypted on the way.
    assert resealed[sealing.WRAPPED.stop :] == sealed[sealing.WRAPPED.stop :]


def test_resealing_refuses_what_does_not_open() -> None:
    with pytest.raises(Unavailable):
        sealing.reseal(SEALED, b"another row", RING.with_new_first())
    with pytest.raises(Unavailable):
        sealing.reseal(SEALED, ROW, KeyRing.generate())


def test_a_record_names_the_key_it_is_sealed_under() -> None:
    assert sealing.sealed_under(SEALED) == RING.first.id
    assert sealing.sealed_under(b"") == ""
    assert sealing.sealed_under(b"plain") == ""
