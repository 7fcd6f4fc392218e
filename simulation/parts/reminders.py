"""Whoever is told takes some things up, puts others off, and forgets the rest."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulation.parts.part import Part, Today, Witness
from simulation.plan import SEED
from simulation.told.documents import ADMINISTRATOR, ESCALATES_AFTER, HEAD

#: Kinds that people take up or put off here.
TAKEN = ("server", "workstation", "silent")
#: Nothing is put off that has fewer days left than this.
ROOM = 20


@dataclass
class Reminders(Part):
    """The product forgets what it told after some years, so its notices are noted every day."""

    name = "reminders"

    _looks: list[str] = field(default_factory=list)
    _notices: dict[int, dict[str, Any]] = field(default_factory=dict)
    _tellings: dict[int, dict[str, Any]] = field(default_factory=dict)
    _deliveries: dict[str, dict[str, Any]] = field(default_factory=dict)
    _deeds: list[dict[str, Any]] = field(default_factory=list)
    #: What somebody makes up their mind to do with a reminder, and on which day.
    _minds: dict[int, tuple[str, int]] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=lambda: random.Random(SEED + 3))

    def begin(self, receiver: str) -> dict[str, str]:
        from pki.actions.accounts import change_user
        from pki.actions.actor import SYSTEM
        from pki.actions.channels import add_webhook
        from pki.actions.recipients import add_group, default_group
        from pki.actions.reminder_policies import RULES, change_reminder_policy
        from pki.actions.servers import change_server
        from pki.models import ReminderKind, Role, Server, User

        anna = User.objects.get(username="anna")
        change_user(
            anna, actor=SYSTEM, role=Role.ADMINISTRATOR, is_active=True, email=ADMINISTRATOR
        )
        _, key = add_webhook(default_group(), "Ticket system", receiver, actor=SYSTEM)
        change_reminder_policy(
            ReminderKind.SERVER,
            enabled=True,
            days=RULES[ReminderKind.SERVER].days,
            groups=[],
            escalate_after_days=ESCALATES_AFTER,
            escalation_group=add_group("Heads", addresses=[HEAD], actor=SYSTEM),
            actor=SYSTEM,
        )
        for planned in self.plan.servers:
            if planned.owner:
                server = Server.objects.get(fqdn=planned.fqdn)
                change_server(
                    server, actor=SYSTEM, additional_names=[], comment="", owners=[planned.owner]
                )
        return {"webhook_key": key}

    # --- day by day -----------------------------------------------------------------

    def day(self, today: Today) -> dict[str, int]:
        from pki.models import JobRun

        look = JobRun.objects.filter(job_id="reminders").values_list("started_at", flat=True)[0]
        self._looks.append(look.isoformat())
        new = self.note_notices()
        self.note_deliveries()
        return {
            "reminders": len(new),
            "urgent": sum(each["urgent"] for each in new),
            "escalated": sum(each["step"] == "escalated" for each in new),
            **self.people(today.day),
        }

    def note_notices(self) -> list[dict[str, Any]]:
        from pki.models import Notice

        last = max(self._notices, default=0)
        rows = Notice.objects.filter(pk__gt=last).select_related("reminder").order_by("pk")
        new = {
            row.pk: {
                "reminder": row.reminder_id,
                "kind": row.reminder.kind,
                "key": row.reminder.key,
                "label": row.reminder.label,
                "step": row.step,
                "text": row.text,
                "urgent": row.urgent,
                "at": row.at.isoformat(),
            }
            for row in rows
        }
        self._notices |= new
        return list(new.values())

    def note_deliveries(self) -> None:
        from pki.models import Delivery, Telling

        last = max(self._tellings, default=0)
        waiting = [pk for pk, each in self._tellings.items() if not each["delivery"]]
        for rows in (Telling.objects.filter(pk__gt=last), Telling.objects.filter(pk__in=waiting)):
            for row in rows.order_by("pk"):
                self._tellings[row.pk] = {
                    "notice": row.notice_id,
                    "to": row.address or "webhook",
                    "delivery": str(row.delivery_id or ""),
                }
                if row.delivery_id:
                    self._deliveries.setdefault(str(row.delivery_id), {"state": ""})
        open_ones = [pk for pk, each in self._deliveries.items() if each["state"] != "sent"]
        for delivery in Delivery.objects.filter(pk__in=open_ones):
            self._deliveries[str(delivery.pk)] = {
                "sort": delivery.sort,
                "to": delivery.address or "webhook",
                "state": delivery.state,
                "attempts": delivery.attempts,
                "at": delivery.created_at.isoformat(),
            }

    def people(self, day: int) -> dict[str, int]:
        """What comes of the open reminders that somebody was told of."""
        from pki.models import Reminder

        rows = Reminder.objects.filter(
            kind__in=TAKEN,
            closed_at=None,
            told_at__isnull=False,
            acknowledged_at=None,
            snoozed_until=None,
        )
        done = {"taken_up": 0, "put_off": 0}
        for row in rows.order_by("kind", "label", "ends_at", "pk"):
            if row.pk not in self._minds:
                self._minds[row.pk] = self.mind(day)
            what, when = self._minds[row.pk]
            if when <= day and what:
                self._minds[row.pk] = "", day
                done[what] += self.do(what, row)
        return done

    def mind(self, day: int) -> tuple[str, int]:
        """One in four takes it up, some put it off, the rest forgets it."""
        roll, when = self._chance.random(), day + self._chance.randint(0, 6)
        return ("taken_up" if roll < 0.25 else "put_off" if roll < 0.45 else ""), when

    def do(self, what: str, row: Any) -> int:
        from django.utils import timezone

        from pki.actions.acknowledging import acknowledge, snooze
        from pki.actions.actor import Actor

        actor = Actor("anna", "dashboard")
        now = timezone.now()
        deed = {"reminder": row.pk, "what": what, "at": now.isoformat(), "until": ""}
        if what == "taken_up":
            acknowledge(row, "I see to it.", actor=actor)
        elif row.ends_at is not None and row.ends_at - now < timedelta(days=ROOM):
            return 0
        else:
            until = now + timedelta(days=self._chance.randint(3, 12), hours=-1)
            snooze(row, until, "Next week.", actor=actor)
            deed["until"] = until.isoformat()
        self._deeds.append(deed)
        return 1

    # --- in the end ------------------------------------------------------------------

    def report(self) -> Any:
        return {
            "looks": self._looks,
            "notices": self._notices,
            "tellings": list(self._tellings.values()),
            "deliveries": self._deliveries,
            "deeds": self._deeds,
            "lives": lives(),
            "agents": agents(),
        }

    def judge(self, report: Any, witness: Witness) -> list[str]:
        from simulation.told.judging import judge

        return judge(self.plan, report, witness)


def lives() -> list[dict[str, Any]]:
    """Of every certificate of a server or an agent that somebody could be reminded of."""
    from pki.models import Certificate

    rows = Certificate.objects.filter(profile__in=["server", "workstation"]).exclude(issued_at=None)
    facts = rows.order_by("pk").values_list(
        "pk", "profile", "server__fqdn", "workstation__agent_id", "issued_at", "not_after",
        "revoked_at", "replaced_by__issued_at",
    )  # fmt: skip
    return [
        {
            "key": f"certificate:{pk}",
            "kind": kind,
            "whose": fqdn or agent,
            "issued": (issued or ends).isoformat(),
            "ends": ends.isoformat(),
            "over": over(revoked, replaced),
        }
        for pk, kind, fqdn, agent, issued, ends, revoked, replaced in facts
    ]


def over(*moments: datetime | None) -> str:
    """The first of them; empty while it is in force."""
    found = [at for at in moments if at is not None]
    return min(found).isoformat() if found else ""


def agents() -> dict[str, str]:
    """Identifiers of workstations, by the key of what is said of them."""
    from pki.models import Workstation

    return {
        f"workstation:{pk}": agent
        for pk, agent in Workstation.objects.order_by().values_list("pk", "agent_id")
    }
