"""The authority that signs: the active one, as the database and the ring are at the moment."""

from pathlib import Path

import pytest

from pki.actions.actor import Actor
from pki.actions.certificate_row import parsed
from pki.actions.key_ring import current_ring
from pki.actions.rekey import rekey
from pki.actions.signer import active_signer
from pki.actions.stored_keys import open_key
from pki.errors import Unavailable
from pki.models import Authority, PrivateKey
from pki.vault.ring import KeyRing
from pki.vault.ring import replace_file as replace_ring
from pki.x509 import keys
from tests.pki.actions.evidence import refused


def test_it_is_the_active_root_with_its_key(root: Authority) -> None:
    signer = active_signer()
    assert signer.authority_id == root.pk
    assert signer.certificate == parsed(root.certificate)
    assert keys.to_der(signer.open_key()) == keys.to_der(open_key(root.private_key))


def test_without_an_active_root_there_is_none(root: Authority) -> None:
    Authority.objects.update(active=False)
    with refused("authority.missing"):
        active_signer()


def test_a_key_that_is_open_closes_when_the_ring_is_another(
    ring_file: Path, root: Authority
) -> None:
    assert active_signer().open_key()
    replace_ring(ring_file, KeyRing.generate())
    with pytest.raises(Unavailable) as refusal:
        active_signer().open_key()
    assert refusal.value.code == "vault.unknown_key"


def test_a_key_that_is_open_closes_when_its_record_is_changed(root: Authority) -> None:
    assert active_signer().open_key()
    row = PrivateKey.objects.get()
    PrivateKey.objects.update(sealed=bytes(row.sealed)[:-1] + b"\0\0")
    with pytest.raises(Unavailable) as refusal:
        active_signer().open_key()
    assert refusal.value.code == "vault.damaged"


def test_after_a_rekey_it_opens_with_the_new_key(
    ring_file: Path, root: Authority, actor: Actor
) -> None:
    before = keys.to_der(active_signer().open_key())
    rekey(actor=actor, forget_others=True)
    assert len(current_ring().keys) == 1
    assert keys.to_der(active_signer().open_key()) == before
