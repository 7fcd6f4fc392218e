"""A root is replaced: announced, re-issued in waves, retired; and what is refused on the way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from cryptography import x509
from django.test import override_settings
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.agent_tasks import lease_tasks
from pki.actions.authorities import create_authority, import_authority
from pki.actions.certificate_row import chain_of, parsed
from pki.actions.presence import keep_inventory
from pki.actions.registration_policy import change_policy
from pki.actions.revocation import revoke
from pki.actions.rollover import starting, waves
from pki.actions.rollover.cut_off import cut_off, servers_cut_off, workstations_cut_off
from pki.actions.rollover.open_rollover import crossed, open_rollover
from pki.actions.rollover.stages import (
    begin_reissuing,
    cancel,
    finish,
    go_on,
    pause,
    set_wave_sizes,
)
from pki.actions.rollover.standing import standing
from pki.actions.rollover.starting import next_name, start_rollover
from pki.actions.rollover.trust import (
    confirm_server_installed,
    confirm_server_trust,
    confirm_silent_workstations,
    withdraw_server_trust,
)
from pki.actions.rollover.waves import step
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.actions.trust import revoke_workstation, trust
from pki.actions.trusted_roots import newest_known, trusted_roots
from pki.actions.workstation_certificates import renew_workstation
from pki.models import (
    AgentTask,
    Authority,
    Certificate,
    Rollover,
    Server,
    ServerRollover,
    TrustState,
    Workstation,
)
from pki.x509 import issuing, keys
from pki.x509.issuing import CertificateRequest
from pki.x509.material import Material
from pki.x509.profiles import ISSUING
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited, refused
from tests.pki.conftest import Agent, certificate_request


class Fleet:
    """Workstations with agents as they behave: they tell their roots, and renew when asked."""

    def __init__(self, number: int) -> None:
        change_policy(open_to_all=True, automatic=True, actor=SYSTEM)
        self.rows = [
            trust(Agent(f"pc-{each}").register().workstation, actor=SYSTEM)
            for each in range(number)
        ]

    def say_hello(self, *, roots: bool = True) -> None:
        known = trusted_roots()
        newest = newest_known({root.sha256 for root in known}, known) if roots else None
        for row in self.rows:
            hello(row, newest)

    def do_tasks(self) -> int:
        done = 0
        for row in self.rows:
            for task in lease_tasks(row, actor=SYSTEM):
                assert task.kind == "renew-certificate"
                renew(row)
                done += 1
        return done


def hello(row: Workstation, newest: UUID | None) -> None:
    keep_inventory(
        row.pk, hostname=row.hostname, os=row.os, agent_version="1.0", inventory={},
        newest_root=newest,
    )  # fmt: skip


def renew(row: Workstation) -> Certificate:
    fresh = Workstation.objects.select_related("certificate").get(pk=row.pk)
    _, request = certificate_request(fresh.agent_id)
    return renew_workstation(fresh, request, shown=fresh.certificate_id or 0, actor=SYSTEM)


def seen_in_use(*servers: Server) -> None:
    """What a look at each of them would find, were they real."""
    for server in Server.objects.filter(pk__in=[each.pk for each in servers]):
        assert server.certificate is not None
        Server.objects.filter(pk=server.pk).update(
            probe_state="in_use", probe_sha256=server.certificate.sha256
        )


@pytest.fixture
def servers(root: Authority, actor: Actor) -> list[Server]:
    rows = [add_server(f"cm{number}.example.com", actor=actor) for number in range(1, 4)]
    for row in rows:
        issue_for_server(row, actor=actor, key_spec=P256)
    return rows


@pytest.fixture
def fleet(root: Authority) -> Fleet:
    return Fleet(5)


@pytest.fixture
def announced(root: Authority, actor: Actor) -> Rollover:
    return start_rollover(actor=actor, key_spec=P256)


@pytest.fixture
def reissuing(servers: list[Server], fleet: Fleet, announced: Rollover, actor: Actor) -> Rollover:
    """Every server trusts the successor; what workstations do is for the tests to say."""
    for server in servers:
        confirm_server_trust(announced, server, actor=actor)
    return begin_reissuing(announced, actor=actor)


def test_the_whole_life(root: Authority, servers: list[Server], fleet: Fleet, actor: Actor) -> None:
    with audited("rollover.started"):
        rollover = start_rollover(actor=actor, key_spec=P256)
    successor = rollover.successor
    assert successor.common_name == "CM Agent CA G2"
    # The old root goes on; both are announced, the one that signs first.
    assert [each.authority_id for each in trusted_roots()] == [root.pk, successor.pk]
    assert renew(fleet.rows[0]).authority_id == root.pk
    fleet.say_hello()
    assert standing(rollover).workstations.trusting == 5
    for server in servers:
        confirm_server_trust(rollover, server, actor=actor)
    assert standing(rollover).servers.trusting == 3

    with audited("rollover.reissuing"):
        rollover = begin_reissuing(rollover, actor=actor)
    assert [each.authority_id for each in trusted_roots()] == [successor.pk, root.pk]
    done = step(rollover)
    assert (done.renewed, done.asked) == (3, 5)
    assert fleet.do_tasks() == 5
    with refused("rollover.not_safe") as refusal:
        finish(rollover, actor=actor)
    assert "3 servers (0 with a certificate of the old root, 3 not known to use" in str(
        refusal.value
    )
    seen_in_use(*servers)
    assert cut_off(rollover).total == 0

    with audited("rollover.finished"):
        finish(rollover, actor=actor)
    assert [each.authority_id for each in trusted_roots()] == [successor.pk]
    assert open_rollover() is None
    # Nothing leads from the new root to the old one any more.
    vouching = Certificate.objects.filter(profile="cross", authority=successor)
    assert [row.state for row in vouching] == ["revoked"]
    # And once more, years later.
    assert next_name(successor) == "CM Agent CA G3"
    again = start_rollover(actor=actor, key_spec=P256)
    assert again.old == successor
    assert {row.issuer for row in crossed(again)} == {"CN=CM Agent CA G2", "CN=CM Agent CA G3"}


def test_a_root_whose_key_may_be_known_is_vouched_for_by_nobody(
    root: Authority, actor: Actor
) -> None:
    rollover = start_rollover(actor=actor, key_spec=P256, old_key_safe=False)
    assert [row.issuer for row in crossed(rollover)] == ["CN=CM Agent CA"]
    assert rollover.successor.bridge is not None


def test_a_name_is_cut_and_never_given_twice(root: Authority, actor: Actor) -> None:
    Authority.objects.filter(pk=root.pk).update(common_name="x" * 64)
    root.refresh_from_db()
    assert next_name(root) == "x" * 61 + " G2"
    rollover = start_rollover(actor=actor, key_spec=P256)
    cancel(rollover, actor=actor)
    assert next_name(root) == "x" * 61 + " G3"
    with refused("rollover.name_taken", field="common_name"):
        start_rollover(actor=actor, key_spec=P256, common_name=rollover.successor.common_name)


def test_there_is_one_rollover_at_a_time(announced: Rollover, actor: Actor) -> None:
    with refused("rollover.open"):
        start_rollover(actor=actor, key_spec=P256)
    with refused("authority.exists"):
        create_authority(actor=actor, key_spec=P256)


def test_without_a_root_there_is_none_to_replace(db: None, actor: Actor) -> None:
    with refused("authority.missing"):
        start_rollover(actor=actor, key_spec=P256)


def test_a_successor_lives_for_a_year_at_least(root: Authority, actor: Actor) -> None:
    with refused("lifetime.too_short", field="days"):
        start_rollover(actor=actor, key_spec=P256, lifetime=timedelta(days=364))


def test_the_chain_leads_to_the_old_root_until_the_end(
    servers: list[Server], announced: Rollover, actor: Actor
) -> None:
    assert chain(servers[0]) == ["CM Agent CA"]
    rollover = begin_reissuing(announced, actor=actor)
    step(rollover)
    assert chain(servers[0]) == ["CM Agent CA G2", "CM Agent CA"]
    seen_in_use(*servers)
    for server in servers:
        confirm_server_trust(rollover, server, actor=actor)
    finish(rollover, actor=actor)
    assert chain(servers[0]) == ["CM Agent CA G2"]


def chain(server: Server) -> list[str]:
    row = Certificate.objects.get(current_for=server)
    issuers = chain_of(row)
    last = parsed(row)
    for issuer in issuers:
        last.verify_directly_issued_by(issuer)
        last = issuer
    last.verify_directly_issued_by(last)
    return [each.subject.rfc4514_string().removeprefix("CN=") for each in issuers]


def test_the_key_of_the_successor_leaves_with_no_cross_certificate(announced: Rollover) -> None:
    crossed = Certificate.objects.filter(profile="cross")
    assert [row.private_key_id for row in crossed] == [None, None]
    assert {(row.issuer, row.subject) for row in crossed} == {
        ("CN=CM Agent CA", "CN=CM Agent CA G2"),
        ("CN=CM Agent CA G2", "CN=CM Agent CA"),
    }


def test_a_cancelled_successor_is_forgotten(
    announced: Rollover, fleet: Fleet, actor: Actor
) -> None:
    fleet.say_hello()
    with audited("rollover.cancelled"):
        cancel(announced, actor=actor)
    assert [each.authority_id for each in trusted_roots()] == [announced.old_id]
    assert set(Certificate.objects.filter(profile="cross").values_list("state", flat=True)) == {
        "revoked"
    }
    with refused("rollover.ended"):
        begin_reissuing(announced, actor=actor)
    start_rollover(actor=actor, key_spec=P256)


def test_there_is_no_way_back_once_the_successor_signs(reissuing: Rollover, actor: Actor) -> None:
    with refused("rollover.stage"):
        cancel(reissuing, actor=actor)
    with refused("rollover.stage"):
        begin_reissuing(reissuing, actor=actor)


def test_nothing_is_finished_before_it_has_begun(announced: Rollover, actor: Actor) -> None:
    with refused("rollover.stage"):
        finish(announced, actor=actor)


def test_nothing_happens_while_it_is_only_announced_or_paused(
    servers: list[Server], fleet: Fleet, announced: Rollover, actor: Actor
) -> None:
    fleet.say_hello()
    assert step(announced) == waves.Stepped()
    rollover = begin_reissuing(announced, actor=actor)
    with audited("rollover.paused"):
        pause(rollover, actor=actor)
    with refused("rollover.paused"):
        pause(rollover, actor=actor)
    assert step(rollover) == waves.Stepped()
    assert Certificate.objects.filter(server__isnull=False).count() == 3
    with audited("rollover.resumed"):
        go_on(rollover, actor=actor)
    with refused("rollover.not_paused"):
        go_on(rollover, actor=actor)
    assert step(rollover).renewed == 3


def test_servers_go_on_when_the_wave_before_is_in_use(
    servers: list[Server], announced: Rollover, actor: Actor
) -> None:
    set_wave_sizes(announced, servers=1, workstations=200, actor=actor)
    rollover = begin_reissuing(announced, actor=actor)
    assert step(rollover).renewed == 1
    assert step(rollover) == waves.Stepped(servers_waiting=1)
    seen_in_use(servers[0])
    assert step(rollover).renewed == 1
    assert renewed(rollover) == ["cm1.example.com", "cm2.example.com"]
    # Or when somebody says so.
    assert step(rollover, next_wave=True).renewed == 1
    assert step(rollover, next_wave=True).renewed == 0


def renewed(rollover: Rollover) -> list[str]:
    rows = Server.objects.filter(certificate__authority=rollover.successor_id)
    return list(rows.values_list("fqdn", flat=True))


def test_a_server_nobody_looks_at_waits_for_a_word(
    servers: list[Server], announced: Rollover, actor: Actor
) -> None:
    Server.objects.update(probed=False)
    set_wave_sizes(announced, servers=2, workstations=200, actor=actor)
    rollover = begin_reissuing(announced, actor=actor)
    step(rollover)
    assert step(rollover) == waves.Stepped(servers_waiting=2)
    with refused("rollover.not_renewed"):
        confirm_server_installed(rollover, servers[2], actor=actor)
    with audited("rollover.installed", "rollover.installed"):
        for server in servers[:2]:
            confirm_server_installed(rollover, server, actor=actor)
            confirm_server_installed(rollover, server, actor=actor)
    assert step(rollover).renewed == 1
    for server in servers:
        confirm_server_trust(rollover, server, actor=actor)
    # Who knows whether the last one was put to work?
    assert cut_off(rollover).servers_unseen == 1
    confirm_server_installed(rollover, servers[2], actor=actor)
    assert cut_off(rollover).total == 0


@override_settings(HOST="cm2.example.com")
def test_this_host_comes_first_and_needs_nobody(
    servers: list[Server], announced: Rollover, actor: Actor
) -> None:
    set_wave_sizes(announced, servers=1, workstations=200, actor=actor)
    rollover = begin_reissuing(announced, actor=actor)
    step(rollover)
    assert renewed(rollover) == ["cm2.example.com"]
    assert step(rollover).renewed == 1
    assert not servers_cut_off(rollover).filter(fqdn="cm2.example.com", lacks_trust=True).exists()


def test_a_server_whose_key_is_elsewhere_is_named(
    servers: list[Server], announced: Rollover, actor: Actor
) -> None:
    Certificate.objects.filter(server=servers[1]).update(private_key=None, source="imported")
    rollover = begin_reissuing(announced, actor=actor)
    done = step(rollover)
    assert (done.renewed, done.refused) == (2, 1)
    kept = ServerRollover.objects.get(rollover=rollover, server=servers[1])
    assert "brought there by hand" in kept.problem
    assert step(rollover).refused == 0
    assert cut_off(rollover).servers_old == 1
    assert standing(rollover).servers.problems == 1
    waves.try_again(rollover, actor=actor)
    seen_in_use(*servers)
    assert step(rollover).refused == 1


def test_a_killed_process_leaves_a_wave_that_is_finished(
    reissuing: Rollover, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.say_hello()
    real = waves.renew_alike
    calls = iter((False, True))

    def killed(*arguments: Any, **options: Any) -> Certificate:
        if next(calls):
            raise SystemExit
        return real(*arguments, **options)

    monkeypatch.setattr(waves, "renew_alike", killed)
    with pytest.raises(SystemExit):
        step(reissuing)
    monkeypatch.setattr(waves, "renew_alike", real)
    assert len(renewed(reissuing)) == 1
    # As if the process had died without giving anything back.
    Rollover.objects.update(leased_until=timezone.now() + waves.LEASE)
    assert step(reissuing) == waves.Stepped()
    with time_machine.travel(timezone.now() + waves.LEASE + timedelta(seconds=1)):
        assert step(reissuing).renewed == 2
    assert Certificate.objects.filter(server__isnull=False).count() == 6
    assert Rollover.objects.get().server_wave == 1


def test_a_killed_process_asks_no_workstation_twice(
    reissuing: Rollover, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.say_hello()
    real = waves.assign_task
    calls = iter((False, False, True))

    def killed(*arguments: object, **options: object) -> AgentTask:
        if next(calls):
            raise SystemExit
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(waves, "assign_task", killed)
    with pytest.raises(SystemExit):
        step(reissuing)
    monkeypatch.setattr(waves, "assign_task", real)
    assert step(reissuing).asked == 3
    assert step(reissuing).asked == 0
    assert AgentTask.objects.count() == 5


def test_only_workstations_that_trust_the_successor_are_asked(
    reissuing: Rollover, fleet: Fleet
) -> None:
    known = trusted_roots()
    hello(fleet.rows[0], newest_known({root.sha256 for root in known}, known))
    hello(fleet.rows[1], reissuing.old_id)
    told = standing(reissuing).workstations
    assert (told.total, told.trusting, told.not_yet, told.unknown) == (5, 1, 1, 3)
    assert step(reissuing).asked == 1
    assert AgentTask.objects.get().workstation == fleet.rows[0]


def test_workstations_wait_until_every_server_would_know_them(
    reissuing: Rollover, servers: list[Server], fleet: Fleet, actor: Actor
) -> None:
    fleet.say_hello()
    withdraw_server_trust(reissuing, servers[2], actor=actor)
    assert step(reissuing).asked == 0
    confirm_server_trust(reissuing, servers[2], actor=actor)
    assert step(reissuing).asked == 5


def test_the_next_workstations_follow_when_the_others_are_back_or_an_hour_is_over(
    reissuing: Rollover, fleet: Fleet, actor: Actor
) -> None:
    fleet.say_hello()
    set_wave_sizes(reissuing, servers=5, workstations=2, actor=actor)
    assert step(reissuing).asked == 2
    assert step(reissuing).workstations_waiting == 2
    assert fleet.do_tasks() == 2
    assert step(reissuing).asked == 2
    begun = timezone.now()
    with time_machine.travel(begun + timedelta(hours=1, seconds=1)):
        assert step(reissuing).asked == 1
    # A day later those that did not come back are asked once more, which their task says still.
    with time_machine.travel(begun + timedelta(days=1, hours=2)):
        AgentTask.objects.update(state="error")
        assert step(reissuing).asked == 2


def test_what_says_nothing_can_be_confirmed_or_revoked(
    servers: list[Server], reissuing: Rollover, fleet: Fleet, actor: Actor
) -> None:
    fleet.say_hello(roots=False)
    step(reissuing)
    for row in fleet.rows[:4]:
        renew(row)
    left = cut_off(reissuing)
    assert (left.workstations_old, left.workstations_unknown, left.workstations) == (1, 5, 5)
    revoke_workstation(fleet.rows[4], actor=actor, reason="Gone")
    with audited("rollover.trust_confirmed"):
        assert confirm_silent_workstations(reissuing, actor=actor) == 4
    assert not workstations_cut_off(reissuing).exists()
    with refused("rollover.nobody_silent"):
        confirm_silent_workstations(reissuing, actor=actor)


def test_who_confirmed_a_server_is_kept_and_can_be_taken_back(
    servers: list[Server], announced: Rollover, actor: Actor, other: Actor
) -> None:
    with audited("rollover.trust_confirmed"):
        confirm_server_trust(announced, servers[0], actor=actor)
        kept = confirm_server_trust(announced, servers[0], actor=other)
    assert kept.trust_confirmed_by == "anna"
    with audited("rollover.trust_withdrawn"):
        withdraw_server_trust(announced, servers[0], actor=other)
    assert standing(announced).servers.trusting == 0
    begun = begin_reissuing(announced, actor=actor)
    step(begun)
    confirm_server_installed(begun, servers[0], actor=actor)
    assert standing(begun).servers.in_use == 1
    withdraw_server_trust(begun, servers[0], actor=actor)
    assert standing(begun).servers.in_use == 0


def test_what_joins_meanwhile_joins_under_the_root_that_signs(
    announced: Rollover, fleet: Fleet, actor: Actor
) -> None:
    before = Agent("late-1").register()
    begin_reissuing(announced, actor=actor)
    after = Agent("late-2").register()
    assert before.certificate is not None
    assert after.certificate is not None
    assert before.certificate.authority_id == announced.old_id
    assert after.certificate.authority_id == announced.successor_id
    assert after.workstation.state == TrustState.APPROVED


def test_sizes_have_limits(announced: Rollover, actor: Actor) -> None:
    with refused("rollover.wave_size", field="servers"):
        set_wave_sizes(announced, servers=0, workstations=1, actor=actor)
    with refused("rollover.wave_size", field="workstations"):
        set_wave_sizes(announced, servers=1, workstations=5_001, actor=actor)


def test_a_root_that_has_ended_can_still_be_followed(root: Authority, actor: Actor) -> None:
    """Nothing that it signed is good any more, and a successor is the only way on."""
    end = root.certificate.not_after + timedelta(days=1)
    with time_machine.travel(end):
        rollover = start_rollover(actor=actor, key_spec=P256)
        assert not Certificate.objects.filter(profile="cross").exists()
        begin_reissuing(rollover, actor=actor)
        finish(rollover, actor=actor)
    assert Authority.objects.get(active=True) == rollover.successor


def test_a_successor_is_a_root_of_its_own(announced: Rollover) -> None:
    certificate = parsed(announced.successor.certificate)
    certificate.verify_directly_issued_by(certificate)
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.value.ca


def test_the_cross_certificate_in_use_is_not_revoked(announced: Rollover, actor: Actor) -> None:
    bridge = announced.successor.bridge
    assert bridge is not None
    with refused("certificate.is_bridge"):
        revoke(bridge, "superseded", actor=actor)


def test_a_root_that_allows_none_below_it_is_followed_when_all_trust_the_next(
    db: None, actor: Actor
) -> None:
    key = keys.generate(P256)
    request = CertificateRequest(ISSUING, "Their Root", key.public_key())
    own = issuing.self_signed(request, key, now=timezone.now() - timedelta(days=1))
    import_authority(Material(own, key), actor=actor)
    fleet = Fleet(2)
    rollover = start_rollover(actor=actor, key_spec=P256)
    assert rollover.successor.bridge is None
    with refused("rollover.no_bridge"):
        begin_reissuing(rollover, actor=actor)
    fleet.say_hello()
    begin_reissuing(rollover, actor=actor)


def test_two_at_once_start_one(root: Authority, actor: Actor) -> None:
    """Both have looked before either has stored; the database lets one through."""
    start_rollover(actor=actor, key_spec=P256)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starting, "refuse_second_rollover", lambda: None)
        with refused("rollover.open"):
            start_rollover(actor=actor, key_spec=P256)
