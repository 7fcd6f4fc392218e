"""Whatever people and machines do and in whichever order, a replacement cuts nobody off."""

from collections.abc import Callable, Iterable

import pytest
from cryptography import x509
from django.conf import settings as django_settings
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from pki.actions.actor import SYSTEM
from pki.actions.agent_tasks import lease_tasks
from pki.actions.certificate_row import chain_of, parsed
from pki.actions.presence import keep_inventory
from pki.actions.registration_policy import change_policy
from pki.actions.rollover.cut_off import cut_off
from pki.actions.rollover.open_rollover import open_rollover
from pki.actions.rollover.stages import begin_reissuing, cancel, finish, go_on, pause
from pki.actions.rollover.starting import start_rollover
from pki.actions.rollover.trust import confirm_server_installed, confirm_server_trust
from pki.actions.rollover.waves import step
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.actions.trust import revoke_workstation, trust
from pki.actions.trusted_roots import newest_known, trusted_roots
from pki.actions.workstation_certificates import renew_workstation
from pki.errors import CertiflowError
from pki.models import Authority, Certificate, Rollover, Server, TrustState, Workstation
from pki.models.rollover import Stage
from pki.x509 import facts
from pki.x509.checks import signed_by
from tests.pki.actions.conftest import P256
from tests.pki.conftest import Agent, certificate_request

Chain = list[x509.Certificate]
NUMBER = st.integers(0, 2)


def leads_to(chain: Chain, roots: Iterable[x509.Certificate]) -> bool:
    """Whether a verifier that trusts these roots accepts what was shown to it."""
    last, rest = chain[0], chain[1:]
    for _ in chain:
        if any(signed_by(last, root) for root in roots):
            return True
        following = next((each for each in rest if signed_by(last, each)), None)
        if following is None:
            return False
        last = following
    return False


class Machine:
    """A server or a workstation: what it shows, and whom it trusts."""

    def __init__(self, roots: Chain) -> None:
        self.roots = roots
        self.shown: Chain = []

    def install(self, row: Certificate) -> None:
        fresh = Certificate.objects.select_related("authority__bridge__authority").get(pk=row.pk)
        self.shown = [parsed(fresh), *chain_of(fresh)]

    def accepts(self, other: "Machine") -> bool:
        return leads_to(other.shown, self.roots)


class RolloverMachine(RuleBasedStateMachine):
    """Each rule may be refused in words; what the invariant says holds all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.servers: dict[int, Machine] = {}
        self.agents: dict[int, Machine] = {}
        self.open = transaction.atomic()
        self.open.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.open.__exit__(None, None, None)

    @initialize()
    def beginning(self) -> None:
        change_policy(open_to_all=True, automatic=True, actor=SYSTEM)
        roots = [parsed(Authority.objects.get(active=True).certificate)]
        for fqdn in (django_settings.HOST, "cm1.example.com", "cm2.example.com"):
            server = add_server(fqdn, actor=SYSTEM)
            self.servers[server.pk] = Machine(list(roots))
            self.servers[server.pk].install(issue_for_server(server, actor=SYSTEM, key_spec=P256))
        for number in range(3):
            registered = Agent(f"pc-{number}").register()
            assert registered.certificate is not None
            row = trust(registered.workstation, actor=SYSTEM)
            self.agents[row.pk] = Machine(list(roots))
            self.agents[row.pk].install(registered.certificate)

    # --- people ------------------------------------------------------------------

    @rule()
    def an_administrator_takes_the_next_step(self) -> None:
        row = open_rollover()
        if row is None:
            if Authority.objects.count() < 4:
                start_rollover(actor=SYSTEM, key_spec=P256)
        else:
            verb = begin_reissuing if row.stage == Stage.ANNOUNCED else finish
            self.decide(row, verb)

    @rule(verb=st.sampled_from([cancel, pause, go_on, finish]))
    def somebody_decides(self, verb: Callable[..., Rollover]) -> None:
        row = open_rollover()
        if row is not None:
            self.decide(row, verb)

    def decide(self, row: Rollover, verb: Callable[..., Rollover]) -> None:
        safe = not cut_off(row).total
        if self.tried(lambda: verb(row, actor=SYSTEM)) and verb is finish:
            assert safe

    @rule(number=NUMBER)
    def somebody_brings_the_root_to_a_server(self, number: int) -> None:
        row = open_rollover()
        if row is not None:
            pk = sorted(self.servers)[number]
            self.servers[pk].roots.append(parsed(row.successor.certificate))
            confirm_server_trust(row, Server.objects.get(pk=pk), actor=SYSTEM)

    @rule(number=NUMBER, looked_at=st.booleans())
    def somebody_installs_a_certificate(self, number: int, looked_at: bool = True) -> None:
        server = Server.objects.get(pk=sorted(self.servers)[number])
        assert server.certificate is not None
        self.servers[server.pk].install(server.certificate)
        if looked_at:
            server.probe_state, server.probe_sha256 = "in_use", server.certificate.sha256
            server.save()
        elif row := open_rollover():
            self.tried(lambda: confirm_server_installed(row, server, actor=SYSTEM))

    @rule(number=NUMBER, gone=st.booleans())
    def something_else_happens(self, number: int, gone: bool) -> None:
        """A workstation is gone, or a server is renewed by hand."""
        row = Workstation.objects.get(pk=sorted(self.agents)[number])
        server = Server.objects.get(pk=sorted(self.servers)[number])
        if gone:
            self.tried(lambda: revoke_workstation(row, actor=SYSTEM, reason="Gone"))
        else:
            assert server.certificate is not None
            renew(server, actor=SYSTEM, expected=server.certificate, key_spec=P256)

    @rule(decided=st.booleans())
    def a_month_goes_by(self, decided: bool) -> None:
        """Everybody does their part, and perhaps the administrator takes the next step."""
        for number in range(3):
            self.somebody_brings_the_root_to_a_server(number)
            self.an_agent_comes_by(number)
        self.the_clock_ticks(next_wave=True)
        for number in range(3):
            self.an_agent_comes_by(number)
            self.somebody_installs_a_certificate(number)
        if decided:
            self.an_administrator_takes_the_next_step()

    # --- machines ----------------------------------------------------------------

    @rule(next_wave=st.booleans())
    def the_clock_ticks(self, next_wave: bool) -> None:
        row = open_rollover()
        if row is not None:
            step(row, next_wave=next_wave)
        # The agent site of this host uses its certificate and its roots by itself.
        host = Server.objects.get(fqdn=django_settings.HOST)
        assert host.certificate is not None
        self.servers[host.pk].install(host.certificate)
        self.servers[host.pk].roots = announced()

    @rule(number=NUMBER)
    def an_agent_comes_by(self, number: int) -> None:
        row = self.workstation(number)
        if row is None:
            return
        agent = self.agents[row.pk]
        agent.roots = announced()
        told = {facts.sha256(root) for root in agent.roots}
        keep_inventory(
            row.pk, hostname=row.hostname, os=row.os, agent_version="1.0", inventory={},
            newest_root=newest_known(told, trusted_roots()),
        )  # fmt: skip
        for _ in lease_tasks(row, actor=SYSTEM):
            self.renew(row)

    @rule(number=NUMBER)
    def an_agent_renews_by_itself(self, number: int) -> None:
        row = self.workstation(number)
        if row is not None:
            self.renew(row)

    def renew(self, row: Workstation) -> None:
        fresh = Workstation.objects.select_related("certificate").get(pk=row.pk)
        _, request = certificate_request(fresh.agent_id)
        shown = fresh.certificate_id or 0
        renewed = renew_workstation(fresh, request, shown=shown, actor=SYSTEM)
        self.agents[row.pk].install(renewed)

    # --- what holds --------------------------------------------------------------

    @invariant()
    def everybody_is_let_in_everywhere(self) -> None:
        for pk, agent in self.agents.items():
            if Workstation.objects.get(pk=pk).state == TrustState.REVOKED:
                continue
            for server in self.servers.values():
                assert agent.accepts(server)
                assert server.accepts(agent)

    @invariant()
    def one_root_signs_and_it_is_announced(self) -> None:
        active = Authority.objects.get(active=True)
        assert trusted_roots()[0].authority_id == active.pk
        is_open = Rollover.objects.filter(is_open=True).exists()
        assert len(trusted_roots()) == (2 if is_open else 1)

    def workstation(self, number: int) -> Workstation | None:
        row = Workstation.objects.get(pk=sorted(self.agents)[number])
        return row if row.state == TrustState.TRUSTED else None

    @staticmethod
    def tried(act: Callable[[], object]) -> bool:
        try:
            act()
        except CertiflowError:
            return False
        return True


def announced() -> Chain:
    return [x509.load_pem_x509_certificate(root.pem) for root in trusted_roots()]


@pytest.mark.django_db
def test_no_sequence_cuts_anybody_off(root: Authority) -> None:
    run(
        RolloverMachine,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
