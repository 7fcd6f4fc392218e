"""Any sequence of issuing, renewing, revoking, refusals and crashes keeps the books right."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from pki.actions.actor import SYSTEM, Actor
from pki.actions.authorities import create_authority
from pki.actions.certificate_row import parsed
from pki.actions.close_unfinished import close_unfinished
from pki.actions.revocation import revoke
from pki.actions.server_certificates import issue_for_server, renew
from pki.errors import CertiflowError
from pki.models import AuditEvent, Certificate, Server
from pki.models.certificate import COMPROMISED
from pki.x509 import issuing
from tests.pki.actions import made_elsewhere
from tests.pki.actions.conftest import P256

#: One of each server.
KEYS = [made_elsewhere.new_key() for _ in range(3)]
ACTOR = Actor(name="anna", door="dashboard")
numbers = st.integers(0, 2)
reasons = st.sampled_from([*Certificate.RevocationReason.values, "because"])


class Killed(BaseException):
    """The process ends: nothing that catches exceptions sees it."""


def outcome(act: Callable[[], Certificate]) -> Certificate | str:
    """What the action returned, or the code of its refusal."""
    try:
        return act()
    except CertiflowError as refusal:
        return refusal.code
    except Killed:
        return "killed"


class History(RuleBasedStateMachine):
    """Three servers, one root; everything within a transaction that is rolled back."""

    #: Certificates that somebody has on the screen, current or not.
    seen = Bundle("seen")

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def an_installation(self) -> None:
        create_authority(actor=ACTOR, key_spec=P256)
        self.servers = [Server.objects.create(fqdn=f"cm{n}.example.com") for n in range(3)]

    def server(self, number: int) -> Server:
        return Server.objects.get(pk=self.servers[number].pk)

    @rule(target=seen, number=numbers, from_request=st.booleans())
    def issue(self, number: int, from_request: bool) -> Certificate | None:
        server = self.server(number)
        csr = made_elsewhere.csr(server.fqdn, key=KEYS[number]) if from_request else b""
        free = server.certificate is None and not self.prepared(server)
        result = outcome(lambda: issue_for_server(server, actor=ACTOR, key_spec=P256, csr=csr))
        if isinstance(result, Certificate):
            assert free
            return result
        assert not free
        assert result in {"server.changed", "server.busy"}
        return server.certificate

    @rule(target=seen, expected=seen, same_key=st.booleans())
    def renew(self, expected: Certificate | None, same_key: bool) -> Certificate | None:
        if expected is None or expected.server_id is None:
            return None
        server = Server.objects.get(pk=expected.server_id)
        expected = Certificate.objects.get(pk=expected.pk)
        current = server.certificate_id == expected.pk
        result = outcome(
            lambda: renew(server, actor=ACTOR, expected=expected, same_key=same_key, key_spec=P256)
        )
        if isinstance(result, Certificate):
            assert current
            assert not self.compromised(result.public_key_sha256)
            assert result.replaces_id == expected.pk
            return result
        allowed = {"server.busy"} if current else {"server.changed", "server.busy"}
        if same_key and self.compromised(expected.public_key_sha256):
            allowed.add("key.compromised")
        assert result in allowed
        return expected

    @rule(certificate=seen, reason=reasons)
    def revoke(self, certificate: Certificate | None, reason: str) -> None:
        if certificate is None:
            return
        before = Certificate.objects.get(pk=certificate.pk)
        result = outcome(lambda: revoke(certificate, reason, actor=ACTOR))
        if isinstance(result, Certificate):
            assert before.state == "issued" or before.revocation_reason not in COMPROMISED
            assert result.revoked_at == before.revoked_at or before.revoked_at is None
        else:
            assert result == "reason.unknown" or before.state == "revoked"

    @rule(number=numbers)
    def killed_while_issuing(self, number: int) -> None:
        server = self.server(number)

        def killed(*_arguments: Any) -> Any:
            raise Killed

        with mock.patch.object(issuing, "issue", killed):
            if server.certificate is None:
                outcome(lambda: issue_for_server(server, actor=ACTOR, key_spec=P256))
            else:
                current = server.certificate
                outcome(lambda: renew(server, actor=ACTOR, expected=current, key_spec=P256))

    @rule(certificate=consumes(seen))
    def look_away(self, certificate: Certificate | None) -> None:
        """People close pages, so that not only the newest are acted upon."""

    @rule()
    def start_again(self) -> None:
        Certificate.objects.filter(state="prepared").update(created_at=long_ago())
        close_unfinished(SYSTEM)
        assert not Certificate.objects.filter(state="prepared").exists()

    def compromised(self, key: str) -> bool:
        rows = Certificate.objects.filter(public_key_sha256=key, state="revoked")
        return rows.filter(revocation_reason__in=COMPROMISED).exists()

    def prepared(self, server: Server) -> int:
        return Certificate.objects.filter(server=server, state="prepared").count()

    @invariant()
    def one_reservation_at_most_for_a_server(self) -> None:
        for server in Server.objects.all():
            assert self.prepared(server) <= 1

    @invariant()
    def a_current_certificate_was_really_issued(self) -> None:
        for server in Server.objects.exclude(certificate=None).select_related("certificate"):
            current = server.certificate
            assert current is not None
            assert current.state in {"issued", "revoked"}
            assert current.server_id == server.pk
            assert f"{parsed(current).serial_number:x}" == current.serial_number

    @invariant()
    def no_serial_number_twice(self) -> None:
        serials = list(Certificate.objects.values_list("serial_number", flat=True))
        assert len(serials) == len(set(serials))

    @invariant()
    def every_state_is_written_down(self) -> None:
        for certificate in Certificate.objects.filter(profile="server"):
            events = AuditEvent.objects.filter(
                object_type="certificate", object_id=str(certificate.pk)
            )
            told = [event.event for event in events.order_by("id")]
            # Of one that was revoked for another reason, once.
            if told[-1:] == ["certificate.key_reported"]:
                told.pop()
            assert told == trail(certificate)

    @invariant()
    def nothing_is_in_force_for_a_compromised_key(self) -> None:
        for row in Certificate.objects.filter(state__in=["prepared", "issued"]):
            assert not self.compromised(row.public_key_sha256)

    @invariant()
    def nothing_is_lost_from_the_history(self) -> None:
        for server in Server.objects.all():
            chain, current = [], server.certificate
            while current is not None:
                chain.append(current.pk)
                current = current.replaces
            issued = server.certificates.filter(state__in=["issued", "revoked"])
            assert sorted(chain) == sorted(issued.values_list("pk", flat=True))


def trail(certificate: Certificate) -> list[str]:
    """The events that a server's certificate in this state has behind it."""
    issued = ["certificate.renewed" if certificate.replaces_id else "certificate.issued"]
    return {
        "prepared": [],
        "abandoned": ["certificate.abandoned"],
        "issued": issued,
        "revoked": [*issued, "certificate.revoked"],
    }[certificate.state]


def long_ago() -> Any:
    return Server.objects.earliest("created_at").created_at.replace(year=2020)


@pytest.mark.django_db
def test_any_history_keeps_the_books_right() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        History,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
