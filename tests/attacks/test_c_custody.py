"""Custody of keys: changing the master key while everybody works destroys nothing."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test import override_settings

from pki.actions import audit_key, channels, issuance
from pki.actions import rekey as rekey_module
from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.channels import add_webhook, renew_key
from pki.actions.key_ring import current_ring
from pki.actions.recipients import add_group
from pki.actions.rekey import rekey
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.actions.stored_keys import open_key
from pki.actions.stored_secrets import open_secret
from pki.errors import CertiflowError
from pki.models import Authority, Channel, PrivateKey, Secret
from pki.vault import sealing
from pki.vault.ring import KeyRing, replace_file
from pki.x509 import keys
from pki.x509.keys import KeySpec
from tests.running_product import RunningProduct

P256 = KeySpec.parse("ec-p256")
WEBHOOK = "https://tickets.example.com/hook/token"


@pytest.fixture
def ring_file(tmp_path: Path) -> Iterator[Path]:
    with override_settings(
        MASTER_KEYS="",
        MASTER_KEYS_FILE=tmp_path / "master_keys",
        RESPONDER_KEYS_FILE=tmp_path / "responder_keys",
    ):
        yield tmp_path / "master_keys"


@pytest.fixture
def root(ring_file: Path, db: None) -> Authority:
    return create_authority(actor=SYSTEM, key_spec=P256)


def everything_opens() -> bool:
    for row in PrivateKey.objects.all():
        key = open_key(row)
        assert keys.public_key_sha256(key.public_key()) == row.public_key_sha256
    for secret in Secret.objects.all():
        open_secret(secret)
    return True


@pytest.mark.parametrize("moment", ["make_reservation", "finish"])
def test_a_key_sealed_before_the_old_keys_were_forgotten_opens_afterwards(
    root: Authority, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """One process has made and sealed a key; another one changes the ring; the first stores."""
    then = getattr(issuance, moment)

    def meanwhile(*arguments: Any) -> Any:
        rekey(actor=SYSTEM, forget_others=True)
        return then(*arguments)

    server = add_server("cm1.example.com", actor=SYSTEM)
    monkeypatch.setattr(issuance, moment, meanwhile)
    issue_for_server(server, actor=SYSTEM, key_spec=P256)
    assert everything_opens()
    assert len(current_ring().keys) == 1


def test_a_new_webhook_and_a_new_signing_key_outlive_a_rekey_too(
    root: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = add_group("On call", actor=SYSTEM)
    channel, _ = add_webhook(group, "Tickets", WEBHOOK, actor=SYSTEM)
    save, seal_into = channels.save, channels.seal_into

    def saved(*arguments: Any) -> Channel:
        rekey(actor=SYSTEM, forget_others=True)
        return save(*arguments)

    def sealed(*arguments: Any) -> None:
        seal_into(*arguments)
        rekey(actor=SYSTEM, forget_others=True)

    monkeypatch.setattr(channels, "save", saved)
    add_webhook(group, "Others", WEBHOOK, actor=SYSTEM)
    monkeypatch.setattr(channels, "seal_into", sealed)
    key = renew_key(channel, actor=SYSTEM)
    assert open_secret(Secret.objects.get(pk=channel.secret_id)) == {
        "address": WEBHOOK,
        "key": key,
    }
    assert everything_opens()


def test_a_key_read_before_the_rekey_opens_after_it(root: Authority) -> None:
    """Who has read the row already is not refused because the record was sealed anew."""
    before = PrivateKey.objects.get()
    rekey(actor=SYSTEM, forget_others=True)
    assert open_key(before)


def test_two_rekeys_at_once_lose_no_key(root: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    then = rekey_module.reseal_all

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(rekey_module, "reseal_all", then)
        rekey(actor=SYSTEM, forget_others=True)
        return then(*arguments)

    monkeypatch.setattr(rekey_module, "reseal_all", meanwhile)
    with pytest.raises(CertiflowError) as refused:
        rekey(actor=SYSTEM, forget_others=True)
    assert refused.value.code == "vault.rekeyed_meanwhile"
    assert everything_opens()


def test_a_node_with_another_ring_cannot_seal_with_it(
    root: Authority, ring_file: Path, tmp_path: Path
) -> None:
    """Its ring has a key that the other nodes do not have: what it sealed they could not open."""
    server = add_server("cm1.example.com", actor=SYSTEM)
    with override_settings(MASTER_KEYS=current_ring().with_new_first().text()):
        issue_for_server(server, actor=SYSTEM, key_spec=P256)
    assert everything_opens()
    # As in a process that works already.
    audit_key.remember(audit_key.audit_key())
    replace_file(ring_file, KeyRing.generate())
    with pytest.raises(CertiflowError) as refused:
        create_key_elsewhere()
    assert refused.value.code == "vault.sealing_key"


def create_key_elsewhere() -> None:
    add_webhook(add_group("Night", actor=SYSTEM), "Tickets", WEBHOOK, actor=SYSTEM)


def test_damaged_records_are_named_and_passed_over(root: Authority) -> None:
    for number in range(3):
        server = add_server(f"cm{number}.example.com", actor=SYSTEM)
        issue_for_server(server, actor=SYSTEM, key_spec=P256)
    victim = PrivateKey.objects.get(certificates__common_name="cm1.example.com")
    damaged = bytearray(victim.sealed)
    damaged[40] ^= 1
    PrivateKey.objects.filter(pk=victim.pk).update(sealed=bytes(damaged))
    done = rekey(actor=SYSTEM, forget_others=True)
    # Root, two servers, and the secret of the audit trail.
    assert done.resealed == 4
    [named] = done.unopened
    assert str(victim.pk) in named
    assert "cm1.example.com" in named
    # Restored from a backup, it still opens: the key it is under was kept.
    PrivateKey.objects.filter(pk=victim.pk).update(sealed=victim.sealed)
    assert everything_opens()
    again = rekey(actor=SYSTEM, forget_others=True)
    assert (again.unopened, again.others) == ([], 0)


ROUNDS = 8
SEALERS = 3


@pytest.mark.django_db(transaction=True)
def test_sealing_while_keys_are_forgotten_again_and_again(ring_file: Path) -> None:
    create_authority(actor=SYSTEM, key_spec=P256)
    stop = threading.Event()
    wrong: list[BaseException] = []
    issued: list[int] = []

    def seal(number: int) -> None:
        try:
            count = 0
            while not stop.is_set():
                name = f"s{number}-{count}.example.com"
                issue_for_server(add_server(name, actor=SYSTEM), actor=SYSTEM, key_spec=P256)
                count += 1
                issued.append(1)
        except BaseException as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=seal, args=(number,)) for number in range(SEALERS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(ROUNDS):
            rekey(actor=SYSTEM, forget_others=True)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert len(issued) > ROUNDS
    assert everything_opens()
    assert set(PrivateKey.objects.values_list("sealed_under", flat=True)) <= {
        current_ring().first.id
    }
    assert connection.vendor != "sqlite" or len(current_ring().keys) == 1


#: Kills its own process at the n-th of the steps that change anything.
KILLED = """
import os, signal, sys
import django
django.setup()
from pki.actions import rekey as module
from pki.actions.actor import SYSTEM
from pki.models import KeyRingState
from pki.vault import ring, sealing
left = int(sys.argv[1])
def deadly(function):
    def step(*arguments, **named):
        for _ in range(2):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            if _ == 0:
                result = function(*arguments, **named)
        return result
    return step
ring.replace_file = deadly(ring.replace_file)
KeyRingState.save = deadly(KeyRingState.save)
sealing.reseal = deadly(sealing.reseal)
module.record = deadly(module.record)
module.rekey(actor=SYSTEM, forget_others=True)
"""


def everything_opens_in(data: Path) -> bool:
    """As the files stand: no process has anything in its memory."""
    ring = KeyRing.parse((data / "master_keys").read_text())
    with sqlite3.connect(data / "certiflow.sqlite3") as database:
        rows = database.execute("SELECT id, public_key_sha256, sealed FROM pki_privatekey")
        for pk, sha256, sealed in rows.fetchall():
            associated = f"pki.PrivateKey:{UUID(pk)}:{sha256}".encode()
            assert sealing.open_sealed(sealed, associated, ring)
    return True


@pytest.mark.started
def test_killed_at_any_step_everything_opens(tmp_path: Path) -> None:
    product = RunningProduct(tmp_path)
    done = product.command(
        *("setup", "--admin", "root", "--password-stdin", "--root-key-size", "2048"),
        *("--server", "cm1.example.com"),
        stdin="correct horse battery\n",
    )
    assert done.returncode == 0, done.stderr
    step, killed = 0, 0
    while True:
        run = subprocess.run(
            [sys.executable, "-c", KILLED, str(step)],
            env=product.environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=os.getcwd(),
        )
        if run.returncode == 0:
            break
        assert run.returncode == -signal.SIGKILL, run.stderr
        killed += 1
        assert everything_opens_in(tmp_path / "var")
        step += 1
    assert killed >= 6
    assert len((tmp_path / "var" / "master_keys").read_text().split()) == 1
