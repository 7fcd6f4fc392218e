"""Whom a notice is told to: the groups of its kind's policy, and the owners of its server."""

from dataclasses import dataclass

from pki.actions.recipients import addresses_of, default_group
from pki.actions.reminder_policies import Policy
from pki.models import Channel, Notice, RecipientGroup
from pki.models.notice import ESCALATED


@dataclass(frozen=True)
class Recipient:
    """One of the two."""

    address: str = ""
    channel: int | None = None


class Audience:
    """Of one kind of reminder; looked up once."""

    def __init__(self, policy: Policy) -> None:
        chosen = RecipientGroup.objects.filter(pk__in=policy.groups)
        self._everybody = members(list(chosen) or [default_group()])
        escalation = RecipientGroup.objects.filter(pk__in=filter(None, [policy.escalation_group]))
        self._when_escalated = members(list(escalation))

    def of(self, notice: Notice) -> list[Recipient]:
        if notice.step == ESCALATED:
            return self._when_escalated
        server = notice.reminder.server
        owners = [Recipient(address=owner) for owner in server.owners] if server else []
        return list(dict.fromkeys([*self._everybody, *owners]))


def members(groups: list[RecipientGroup]) -> list[Recipient]:
    found = [Recipient(address=address) for group in groups for address in addresses_of(group)]
    channels = Channel.objects.filter(group__in=groups).order_by("pk").values_list("pk", flat=True)
    return list(dict.fromkeys([*found, *(Recipient(channel=pk) for pk in channels)]))
