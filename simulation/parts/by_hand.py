"""Servers whose certificates people renew, most in time and some too late."""

from datetime import timedelta

from simulation.parts.part import Part


class ByHand(Part):
    name = "by_hand"

    def day(self, _days: range) -> dict[str, int]:
        from django.utils import timezone

        from pki.actions.actor import SYSTEM
        from pki.actions.server_certificates import renew
        from pki.models import Server
        from pki.x509.keys import KeySpec

        planned = {each.fqdn: each for each in self.plan.servers if each.by_hand is not None}
        renewed = 0
        rows = Server.objects.filter(fqdn__in=planned).select_related("certificate")
        for server in rows:
            current, mine = server.certificate, planned[server.fqdn]
            assert current is not None
            left = current.not_after - timezone.now()
            if left < timedelta(days=mine.by_hand or 0):
                renew(server, actor=SYSTEM, expected=current, key_spec=KeySpec.parse(mine.key))
                renewed += 1
        return {"renewed_by_hand": renewed}
