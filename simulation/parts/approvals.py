"""Workstations that come back after their certificate has expired, and are let in again."""

from simulation.parts.part import Part, Today


class Approvals(Part):
    name = "approvals"

    def day(self, _today: Today) -> dict[str, int]:
        from pki.actions.actor import SYSTEM
        from pki.actions.trust import approve, revoke_workstation
        from pki.models import TrustState, Workstation
        from pki.models.workstation import ADMITTED

        waiting = list(Workstation.objects.filter(state=TrustState.PENDING))
        for row in waiting:
            before = Workstation.objects.filter(agent_id=row.agent_id, state__in=ADMITTED)
            for other in before:
                revoke_workstation(other, actor=SYSTEM, reason="It came back with a new key.")
            approve(row, actor=SYSTEM)
        return {"approved": len(waiting)}
