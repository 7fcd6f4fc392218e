"""The ring in force: from the environment, or from a file made at first use."""

import os
import stat
from pathlib import Path

import pytest
from django.test import override_settings

from pki.actions import audit_key, key_ring
from pki.actions.actor import Actor
from pki.actions.authorities import create_authority
from pki.actions.key_ring import current_ring
from pki.actions.server_certificates import issue_for_server
from pki.actions.stored_keys import open_key
from pki.errors import Unavailable
from pki.models import Authority, KeyRingState, PrivateKey, Server
from pki.vault.ring import KeyRing
from pki.vault.ring import replace_file as replace_ring
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import refused


def test_the_file_is_made_at_first_use_for_its_owner_only(ring_file: Path) -> None:
    first = current_ring()
    assert stat.S_IMODE(ring_file.stat().st_mode) == 0o600
    assert KeyRing.parse(ring_file.read_text()) == first == current_ring()


def test_the_environment_goes_before_the_file(ring_file: Path) -> None:
    ring = KeyRing.generate()
    with override_settings(MASTER_KEYS=ring.text()):
        assert current_ring() == ring
    assert not ring_file.exists()


def test_a_changed_file_is_seen_without_a_restart(ring_file: Path) -> None:
    longer = current_ring().with_new_first()
    replace_ring(ring_file, longer)
    assert current_ring() == longer


def test_a_lost_file_is_not_replaced_once_something_is_sealed(
    ring_file: Path, actor: Actor, server: Server
) -> None:
    create_authority(actor=actor, key_spec=P256)
    ring_file.unlink()
    with refused("vault.ring_missing") as refusal:
        issue_for_server(server, actor=actor, key_spec=P256)
    assert str(ring_file) in refusal.value.message
    assert not ring_file.exists()


def test_another_ring_opens_nothing_and_says_which_key_is_missing(
    ring_file: Path, actor: Actor
) -> None:
    root: Authority = create_authority(actor=actor, key_spec=P256)
    right = current_ring()
    replace_ring(ring_file, KeyRing.generate())
    with refused("vault.unknown_key") as refusal:
        open_key(root.private_key)
    assert right.first.id in refusal.value.message


def test_without_the_ring_that_seals_nothing_is_reserved_or_issued(
    ring_file: Path, root: Authority, server: Server, actor: Actor
) -> None:
    # As in a process that has recorded something already.
    audit_key.remember(audit_key.audit_key())
    replace_ring(ring_file, KeyRing.generate())
    with refused("vault.sealing_key"):
        issue_for_server(server, actor=actor, key_spec=P256)
    assert not server.certificates.exists()
    assert PrivateKey.objects.count() == 1


def test_without_the_roots_master_key_nothing_is_issued_and_the_reservation_is_closed(
    ring_file: Path, root: Authority, server: Server, actor: Actor
) -> None:
    # As in a process that works already: what it refuses and closes is still recorded.
    audit_key.remember(audit_key.audit_key())
    replace_ring(ring_file, KeyRing.generate())
    KeyRingState.objects.all().delete()
    with pytest.raises(Unavailable) as refusal:
        issue_for_server(server, actor=actor, key_spec=P256)
    assert refusal.value.code == "vault.unknown_key"
    assert [row.state for row in server.certificates.all()] == ["abandoned"]
    assert Server.objects.get(pk=server.pk).certificate is None


@pytest.mark.parametrize("content", ["", "garbage", "c2hvcnQ="])
def test_a_file_that_is_no_ring_is_named_and_left_alone(content: str, ring_file: Path) -> None:
    ring_file.parent.mkdir()
    ring_file.write_text(content)
    with refused("vault.ring") as refusal:
        current_ring()
    assert str(ring_file) in refusal.value.message
    assert ring_file.read_text() == content


def test_a_wrong_variable_is_named_and_not_repeated() -> None:
    with override_settings(MASTER_KEYS="wrong-key"), refused("vault.ring") as refusal:
        current_ring()
    assert "CERTIFLOW_MASTER_KEYS" in refusal.value.message
    assert "wrong-key" not in refusal.value.message


def test_a_place_that_cannot_be_written_is_named(
    ring_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(key_ring.ring, "make_file", read_only)
    with refused("vault.ring_unreadable") as refusal:
        current_ring()
    assert "CERTIFLOW_DATA_DIR" in refusal.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(ring_file: Path) -> None:
    current_ring()
    ring_file.chmod(0)
    key_ring._read.clear()
    with refused("vault.ring_unreadable"):
        current_ring()
