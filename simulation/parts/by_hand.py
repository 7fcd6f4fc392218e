"""Servers whose certificates people renew: when a mail has told them, and some too late."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from simulation.parts.part import Part, Today

#: What the mail says of one.
TOLD = re.compile(r"The certificate of (\S+) (?:expires in (\d+) days?|expired on)")

#: Days; shorter than usual, so that people have something to do.
LIFETIME = 200


@dataclass
class ByHand(Part):
    name = "by_hand"

    #: The day on which a server is renewed, and the certificate that is to be replaced then.
    _plans: dict[str, tuple[int, int]] = field(default_factory=dict)

    def day(self, today: Today) -> dict[str, int]:
        from pki.models import Server

        planned = {each.fqdn: each for each in self.plan.servers if each.by_hand is not None}
        rows = {
            row.fqdn: row
            for row in Server.objects.filter(fqdn__in=planned).select_related("certificate")
        }
        for letter in today.post:
            for fqdn, left in TOLD.findall(letter["text"]):
                mine = planned.get(fqdn)
                if mine is None or mine.owner != letter["to"] or fqdn in self._plans:
                    continue
                if int(left or 0) <= (mine.by_hand or 0):
                    current = rows[fqdn].certificate_id or 0
                    self._plans[fqdn] = today.day + mine.acts_after, current
        due = [fqdn for fqdn, (day, _) in self._plans.items() if day <= today.day]
        return {"renewed_by_hand": sum(self.renew(rows[fqdn]) for fqdn in due)}

    def renew(self, server: Any) -> bool:
        from pki.actions.actor import SYSTEM
        from pki.actions.server_certificates import renew
        from pki.x509.keys import KeySpec

        _, expected = self._plans.pop(server.fqdn)
        current = server.certificate
        if current is None or current.pk != expected:
            # Done meanwhile, as by a wave of the root's replacement.
            return False
        [key] = [each.key for each in self.plan.servers if each.fqdn == server.fqdn]
        renew(
            server,
            actor=SYSTEM,
            expected=current,
            key_spec=KeySpec.parse(key),
            lifetime=timedelta(days=LIFETIME),
        )
        return True
