"""The root's replacement by its successor, as people take its steps."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from simulation.parts.part import Part, Today, Witness

#: Days after which a workstation that is not seen and holds it up is taken for gone.
GONE_AFTER = 45
#: Days from the beginning of re-issuing to the first look at who holds it up.
PATIENCE = 60


@dataclass
class RootReplacement(Part):
    name = "replacement"

    #: When what happened.
    _happened: dict[str, str] = field(default_factory=dict)
    _given_up: int = 0
    _said_installed: int = 0

    def day(self, today: Today) -> dict[str, int]:
        from pki.actions.rollover.open_rollover import open_rollover

        root = self.plan.size.root
        if today.day < root.starts or "finished" in self._happened:
            return {}
        if "started" not in self._happened:
            self.start()
        rollover = open_rollover()
        assert rollover is not None
        self.confirm(rollover, today.day)
        if today.day >= root.reissues:
            self.reissue(rollover, today.day)
        return {}

    def start(self) -> None:
        from pki.actions.actor import SYSTEM
        from pki.actions.rollover.stages import set_wave_sizes
        from pki.actions.rollover.starting import start_rollover
        from pki.x509.keys import KeySpec

        bits = self.plan.size.root_key_bits
        rollover = start_rollover(actor=SYSTEM, key_spec=KeySpec("rsa", bits=bits))
        wave = self.plan.size.wave
        set_wave_sizes(rollover, servers=wave, workstations=200, actor=SYSTEM)
        self.happened("started")

    def happened(self, what: str) -> None:
        from django.utils import timezone

        self._happened.setdefault(what, timezone.now().isoformat())

    def confirm(self, rollover: Any, day: int) -> None:
        """Somebody goes from server to server, and needs until the planned day for all."""
        from pki.actions.actor import SYSTEM
        from pki.actions.rollover.trust import confirm_server_trust
        from pki.models import Server, ServerRollover

        root, servers = self.plan.size.root, self.plan.servers
        share = min(1.0, (day - root.starts) / (root.confirmed - root.starts))
        reached = [each.fqdn for each in servers[: int(share * len(servers))]]
        done = ServerRollover.objects.filter(rollover=rollover, trust_confirmed_at__isnull=False)
        rows = Server.objects.filter(fqdn__in=reached).exclude(pk__in=done.values("server"))
        for server in rows:
            confirm_server_trust(rollover, server, actor=SYSTEM)
        if share == 1.0:
            self.happened("trusted by every server")

    def reissue(self, rollover: Any, day: int) -> None:
        from pki.actions.actor import SYSTEM
        from pki.actions.rollover.cut_off import cut_off
        from pki.actions.rollover.stages import begin_reissuing, finish, go_on, pause

        root = self.plan.size.root
        if "re-issuing" not in self._happened:
            begin_reissuing(rollover, actor=SYSTEM)
            self.happened("re-issuing")
            return
        if root.paused[0] <= day < root.paused[1]:
            if not rollover.paused:
                pause(rollover, actor=SYSTEM)
                self.happened("paused")
            return
        if rollover.paused:
            go_on(rollover, actor=SYSTEM)
            self.happened("resumed")
        self.say_installed(rollover)
        if day >= root.reissues + PATIENCE:
            self.give_up(rollover)
        if cut_off(rollover).total == 0:
            finish(rollover, actor=SYSTEM)
            self.happened("finished")

    def not_installed(self, rollover: Any) -> list[str]:
        """Servers whose people have not put a certificate of the successor to work yet."""
        from django.utils import timezone

        from pki.models import Certificate

        now, step = timezone.now(), self.plan.size.step
        took = {each.fqdn: each.installed_after + step for each in self.plan.servers}
        oldest: dict[str, datetime] = {}
        mine = Certificate.objects.filter(profile="server", authority=rollover.successor_id)
        for fqdn, at in mine.order_by("-pk").values_list("server__fqdn", "issued_at"):
            oldest[fqdn] = at or now
        return [fqdn for fqdn, at in oldest.items() if at > now - timedelta(days=took[fqdn])]

    def say_installed(self, rollover: Any) -> None:
        """Where nobody probes, only its people know that a new certificate is in use."""
        from pki.actions.actor import SYSTEM
        from pki.actions.rollover.trust import confirm_server_installed
        from pki.models import Server, ServerRollover

        said = ServerRollover.objects.filter(rollover=rollover, installed_at__isnull=False)
        rows = Server.objects.filter(probed=False, certificate__authority=rollover.successor_id)
        waiting = self.not_installed(rollover)
        for server in rows.exclude(fqdn__in=waiting).exclude(pk__in=said.values("server")):
            confirm_server_installed(rollover, server, actor=SYSTEM)
            self._said_installed += 1

    def give_up(self, rollover: Any) -> None:
        """Those that hold it up and were not seen for so long."""
        from django.utils import timezone

        from pki.actions.actor import SYSTEM
        from pki.actions.rollover.cut_off import workstations_cut_off
        from pki.actions.trust import revoke_workstation

        limit = timezone.now() - timedelta(days=GONE_AFTER)
        for row in workstations_cut_off(rollover).filter(last_seen_at__lt=limit):
            revoke_workstation(row, actor=SYSTEM, reason="Not seen since the root is replaced.")
            self._given_up += 1

    def report(self) -> Any:
        from pki.models import Rollover, Server, Workstation
        from pki.models.workstation import ADMITTED

        rollover = Rollover.objects.get()
        new = rollover.successor_id
        old = rollover.old_id
        admitted = Workstation.objects.filter(state__in=ADMITTED)
        return {
            "happened": self._happened,
            "stage": rollover.stage,
            "server_waves": rollover.server_wave,
            "workstation_waves": rollover.workstation_wave,
            "said_installed": self._said_installed,
            "given_up": self._given_up,
            "successor": str(new),
            "old": str(old),
            "servers_old": Server.objects.exclude(certificate__authority=new).count(),
            "workstations_old": admitted.exclude(certificate__authority=new).count(),
        }

    def judge(self, report: Any, witness: Witness) -> list[str]:
        """In the end there is the successor alone, for everybody who lives."""
        if report["stage"] != "finished":
            return [f"The root's replacement is {report['stage']} in the end: {report}."]
        [new] = [a for a in witness.books["authorities"] if a["id"] == report["successor"]]
        [old] = [a for a in witness.books["authorities"] if a["id"] == report["old"]]
        wrong = [] if old["retired"] and new["active"] else ["The old root is not retired."]
        wrong += [
            f"{agent} trusts something else than the successor alone."
            for agent, roots in witness.trusted_by_agents.items()
            if roots.decode() != new["pem"]
        ]
        root = x509.load_pem_x509_certificate(new["pem"].encode())
        for fqdn, chain in witness.in_use.items():
            try:
                x509.load_pem_x509_certificate(chain.encode()).verify_directly_issued_by(root)
            except Exception:
                wrong.append(f"{fqdn} uses a certificate that the successor did not sign.")
        return wrong
