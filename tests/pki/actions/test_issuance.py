"""Reserve, sign, store: two at once, a signature that fails, a process that dies."""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections
from django.test import override_settings
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.certificate_row import parsed
from pki.actions.close_unfinished import close_unfinished
from pki.actions.server_certificates import issue_for_server, renew
from pki.errors import Conflict
from pki.models import AuditEvent, Authority, Certificate, PrivateKey, Server
from pki.x509 import facts, issuing
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited, refused

Prepared = Certificate.State.PREPARED


def at_once(*attempts: Callable[[], object]) -> list[object]:
    """All of them in threads of their own, started together; what each returned or was refused."""
    barrier = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return attempt()
        except Conflict as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


@pytest.mark.django_db(transaction=True)
def test_of_several_who_renew_at_once_exactly_one_wins(
    certificate: Certificate, server: Server, fresh: Callable[[], Server]
) -> None:
    keys_before = PrivateKey.objects.count()

    def renewal(name: str) -> Callable[[], object]:
        actor = Actor(name=name, door="dashboard")
        return lambda: renew(fresh(), actor=actor, expected=certificate, key_spec=P256)

    results = at_once(*(renewal(name) for name in ("anna", "boris", "clara", "dmitri")))
    winners = [result for result in results if isinstance(result, Certificate)]
    refusals = [result for result in results if isinstance(result, Conflict)]
    assert len(winners) == 1
    assert len(refusals) == 3
    assert {refusal.code for refusal in refusals} <= {"server.busy", "server.changed"}
    assert list(Certificate.objects.filter(server=server).order_by("pk")) == [
        certificate,
        winners[0],
    ]
    assert fresh().certificate == winners[0]
    assert PrivateKey.objects.count() == keys_before + 1
    assert AuditEvent.objects.filter(event="certificate.renewed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_different_servers_do_not_hinder_each_other(root: Authority) -> None:
    servers = [Server.objects.create(fqdn=f"cm{n}.example.com") for n in range(4)]
    results = at_once(
        *(
            lambda server=server: issue_for_server(server, actor=SYSTEM, key_spec=P256)  # type: ignore[misc]
            for server in servers
        )
    )
    assert [type(result) for result in results] == [Certificate] * 4
    assert Certificate.objects.filter(state="issued", profile="server").count() == 4


def test_whoever_comes_during_a_signature_is_told_to_look_again(
    certificate: Certificate, server: Server, other: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = issuing.issue

    def sign_while_someone_else_tries(*arguments: Any) -> Any:
        monkeypatch.setattr(issuing, "issue", sign)
        with refused("server.busy"):
            renew(server, actor=other, expected=certificate, key_spec=P256)
        return sign(*arguments)

    monkeypatch.setattr(issuing, "issue", sign_while_someone_else_tries)
    with audited("certificate.renewed"):
        assert renew(server, actor=SYSTEM, expected=certificate, key_spec=P256).state == "issued"


def test_the_reservation_says_all_that_will_be_signed_before_the_key_is_used(
    root: Authority, server: Server, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    sign = issuing.issue

    def sign_and_look(*arguments: Any) -> Any:
        seen.extend(Certificate.objects.filter(state=Prepared).values())
        return sign(*arguments)

    monkeypatch.setattr(issuing, "issue", sign_and_look)
    issued = issue_for_server(server, actor=actor, key_spec=P256)
    [reserved] = seen
    stored = Certificate.objects.filter(pk=issued.pk).values().get()
    changed = {name for name in stored if stored[name] != reserved[name]}
    assert changed == {"state", "issued_at", "der", "sha1", "sha256"}


def test_a_signature_that_fails_closes_the_reservation(
    certificate: Certificate,
    server: Server,
    actor: Actor,
    fresh: Callable[[], Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_arguments: Any) -> Any:
        raise RuntimeError("the key store is gone")

    with monkeypatch.context() as patch, audited("certificate.abandoned") as events:
        patch.setattr(issuing, "issue", broken)
        with pytest.raises(RuntimeError):
            renew(server, actor=actor, expected=certificate, key_spec=P256)
    assert events[0].detail == {"reason": "The signature failed."}
    assert fresh().certificate == certificate
    assert not Certificate.objects.filter(state=Prepared).exists()
    assert renew(server, actor=actor, expected=certificate, key_spec=P256).state == "issued"


def test_a_reservation_that_was_closed_meanwhile_is_not_brought_back(
    certificate: Certificate,
    server: Server,
    actor: Actor,
    fresh: Callable[[], Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sign = issuing.issue

    def so_slow_that_it_is_closed(*arguments: Any) -> Any:
        Certificate.objects.filter(state=Prepared).update(state=Certificate.State.ABANDONED)
        return sign(*arguments)

    monkeypatch.setattr(issuing, "issue", so_slow_that_it_is_closed)
    with pytest.raises(Conflict) as refusal:
        renew(server, actor=actor, expected=certificate, key_spec=P256)
    assert refusal.value.code == "certificate.reservation_closed"
    assert fresh().certificate == certificate


def killed_before_the_signature(server: Server, expected: Certificate | None = None) -> None:
    """A child process is killed with its reservation committed and nothing signed."""
    connections.close_all()  # No connection survives a fork.
    child = os.fork()
    if child == 0:
        issuing.issue = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment,misc]
        try:
            if expected is None:
                issue_for_server(server, actor=SYSTEM, key_spec=P256)
            else:
                renew(server, actor=SYSTEM, expected=expected, key_spec=P256)
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.django_db(transaction=True)
def test_a_crash_leaves_a_reservation_that_the_next_start_closes(
    root: Authority, server: Server, actor: Actor, fresh: Callable[[], Server]
) -> None:
    killed_before_the_signature(server)
    left = Certificate.objects.get(state=Prepared)
    assert (left.server, bytes(left.der)) == (server, b"")
    assert fresh().certificate is None
    # The start may know at once that nobody is at work only where there is one process.
    later = timedelta(0) if connection.vendor == "sqlite" else timedelta(minutes=2)
    with time_machine.travel(timezone.now() + later), audited("certificate.abandoned") as events:
        assert close_unfinished(actor) == 1
        assert close_unfinished(actor) == 0
    assert events[0].object_id == str(left.pk)
    assert issue_for_server(server, actor=actor, key_spec=P256).state == "issued"


@pytest.mark.django_db(transaction=True)
def test_after_a_crash_the_next_to_come_closes_it_as_well_once_it_is_old(
    certificate: Certificate, server: Server, actor: Actor, fresh: Callable[[], Server]
) -> None:
    killed_before_the_signature(server, expected=certificate)
    with refused("server.busy"):
        renew(server, actor=actor, expected=certificate, key_spec=P256)
    with (
        time_machine.travel(timezone.now() + timedelta(minutes=2)),
        audited("certificate.abandoned", "certificate.renewed"),
    ):
        renewed = renew(server, actor=actor, expected=certificate, key_spec=P256)
    assert fresh().certificate == renewed
    assert renewed.private_key is not None
    assert PrivateKey.objects.filter(pk=renewed.private_key.pk).exists()


def test_the_addresses_of_the_root_are_written_where_one_is_configured(
    root: Authority, server: Server, actor: Actor
) -> None:
    with override_settings(PUBLIC_URL="http://pki.example.com"):
        issued = issue_for_server(server, actor=actor, key_spec=P256)
    assert facts.describe(parsed(issued)).addresses == (
        ("OCSP", "http://pki.example.com/ocsp/"),
        ("Issuer's certificate", f"http://pki.example.com/pki/{root.pk}.cer"),
        ("CRL", f"http://pki.example.com/pki/{root.pk}.crl"),
    )


def test_no_address_is_written_where_none_is_configured(certificate: Certificate) -> None:
    assert settings.PUBLIC_URL == ""
    assert facts.describe(parsed(certificate)).addresses == ()
