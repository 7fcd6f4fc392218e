"""Workstations that go, and servers whose key is lost."""

from simulation.parts.part import Part, Today


class Revocations(Part):
    name = "revocations"

    def day(self, today: Today) -> dict[str, int]:
        from pki.actions.actor import SYSTEM
        from pki.actions.trust import revoke_workstation
        from pki.models import TrustState, Workstation

        gone = [each.agent_id for each in self.plan.agents if each.revoked in today.days]
        rows = Workstation.objects.filter(agent_id__in=gone, state=TrustState.TRUSTED)
        for row in rows:
            revoke_workstation(row, actor=SYSTEM, reason="The machine was given away.")
        lost = [fqdn for day, fqdn in self.plan.key_lost.items() if day in today.days]
        for fqdn in lost:
            self.key_lost(fqdn)
        # The audit trail tells how many there were.
        return {}

    def key_lost(self, fqdn: str) -> None:
        from pki.actions.actor import SYSTEM
        from pki.actions.revocation import revoke
        from pki.actions.server_certificates import renew
        from pki.models import Certificate, Server
        from pki.x509.keys import KeySpec

        server = Server.objects.select_related("certificate").get(fqdn=fqdn)
        current = server.certificate
        assert current is not None
        revoked = revoke(current, Certificate.RevocationReason.KEY_COMPROMISE, actor=SYSTEM)
        [key] = [each.key for each in self.plan.servers if each.fqdn == fqdn]
        renew(server, actor=SYSTEM, expected=revoked, key_spec=KeySpec.parse(key))
