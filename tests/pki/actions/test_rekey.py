"""Sealing everything anew: nothing is lost, whenever it stops."""

from pathlib import Path
from typing import Any

import pytest

from pki.actions import rekey as rekey_module
from pki.actions.actor import Actor
from pki.actions.key_ring import current_ring
from pki.actions.rekey import rekey
from pki.actions.server_certificates import issue_for_server
from pki.actions.stored_keys import open_key
from pki.models import Authority, PrivateKey, Server
from pki.vault import sealing
from pki.x509 import keys
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited, refused


@pytest.fixture
def sealed(ring_file: Path, root: Authority, actor: Actor) -> dict[object, bytes]:
    """Six keys under a ring in a file; what each opens to."""
    for number in range(5):
        server = Server.objects.create(fqdn=f"cm{number}.example.com")
        issue_for_server(server, actor=actor, key_spec=P256)
    return opened()


def opened() -> dict[object, bytes]:
    return {row.pk: keys.to_der(open_key(row)) for row in PrivateKey.objects.all()}


def sealed_under() -> set[str]:
    return set(PrivateKey.objects.values_list("sealed_under", flat=True))


def test_everything_is_sealed_under_a_new_first_key_and_opens(
    sealed: dict[object, bytes], actor: Actor
) -> None:
    before = current_ring()
    with audited("vault.rekeyed") as events:
        done = rekey(actor=actor)
    # Six private keys and the secret of the audit trail.
    assert (done.resealed, done.others) == (7, 1)
    assert sealed_under() == {done.first} == {current_ring().first.id}
    assert done.first != before.first.id
    assert current_ring().keys[1:] == before.keys
    assert opened() == sealed
    assert events[0].detail == {
        "resealed": 7, "sealed_under": done.first, "forgot_others": False,
        "unopened": [],
    }  # fmt: skip


def test_the_old_keys_can_be_forgotten(sealed: dict[object, bytes], actor: Actor) -> None:
    done = rekey(actor=actor, forget_others=True)
    assert (len(current_ring().keys), done.others) == (1, 0)
    assert opened() == sealed


def test_forgetting_later_seals_nothing_twice(sealed: dict[object, bytes], actor: Actor) -> None:
    first = rekey(actor=actor).first
    done = rekey(actor=actor, new_key=False, forget_others=True)
    assert (done.first, done.resealed, done.others) == (first, 0, 0)
    assert opened() == sealed


@pytest.mark.parametrize("stop_at", range(6))
def test_stopped_half_way_everything_opens_and_the_next_run_finishes(
    sealed: dict[object, bytes], actor: Actor, stop_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reseal = sealing.reseal
    calls: list[int] = []

    def killed_after_some(*arguments: Any) -> bytes:
        if len(calls) == stop_at:
            raise SystemExit("killed")
        calls.append(1)
        return reseal(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(rekey_module, "BATCH", 2)
        patch.setattr(sealing, "reseal", killed_after_some)
        with pytest.raises(SystemExit):
            rekey(actor=actor, forget_others=True)
    assert opened() == sealed
    assert len(current_ring().keys) == 2
    done = rekey(actor=actor, new_key=False, forget_others=True)
    assert sealed_under() == {done.first}
    assert opened() == sealed


def test_a_damaged_record_is_passed_over_and_its_key_stays_in_the_ring(
    sealed: dict[object, bytes], actor: Actor
) -> None:
    victim = PrivateKey.objects.get(pk=next(iter(sealed)))
    damaged = bytearray(victim.sealed)
    damaged[40] ^= 1  # In the data key, which has to be opened to seal it anew.
    PrivateKey.objects.filter(pk=victim.pk).update(sealed=bytes(damaged))
    with audited("vault.rekeyed") as events:
        done = rekey(actor=actor, forget_others=True)
    assert (done.resealed, done.others) == (6, 1)
    assert str(victim.pk) in done.unopened[0]
    assert events[0].detail["unopened"] == done.unopened
    assert victim.sealed_under in {key.id for key in current_ring().keys}
    PrivateKey.objects.filter(pk=victim.pk).update(sealed=victim.sealed)
    assert opened() == sealed


def test_a_ring_in_the_environment_is_its_owners_to_shorten(root: Authority, actor: Actor) -> None:
    with refused("vault.ring_in_environment"):
        rekey(actor=actor, forget_others=True)


def test_a_ring_in_the_environment_is_sealed_under_its_first_key(
    root: Authority, actor: Actor, settings: Any
) -> None:
    der = keys.to_der(open_key(root.private_key))
    longer = current_ring().with_new_first()
    settings.MASTER_KEYS = longer.text()
    done = rekey(actor=actor)
    assert (done.first, done.resealed, done.others) == (longer.first.id, 2, 1)
    settings.MASTER_KEYS = longer.only_first().text()
    assert opened()[root.private_key_id] == der
