"""Writing the audit trail; every action calls `record` once, inside its transaction."""

from typing import Any

from django.db.models import Model

from pki.actions import audit_proof, statements
from pki.actions.actor import Actor
from pki.actions.audit_key import audit_key
from pki.models import AuditEvent

#: Every event there is, and how people call it.
EVENTS = {
    "authority.created": "Root created",
    "authority.imported": "Root imported",
    "authority.exported": "Root exported with its key",
    "rollover.started": "Successor of the root announced",
    "rollover.reissuing": "Successor of the root signs from now on",
    "rollover.paused": "Replacing the root paused",
    "rollover.resumed": "Replacing the root goes on",
    "rollover.sized": "Size of the waves changed",
    "rollover.wave": "Wave of re-issuing started",
    "rollover.trust_confirmed": "Trust in the new root confirmed",
    "rollover.trust_withdrawn": "What was said of a server and the new root taken back",
    "rollover.installed": "New certificate said to be installed",
    "rollover.cancelled": "Replacing the root cancelled",
    "rollover.finished": "Old root retired",
    "server.added": "Server added",
    "server.changed": "Server changed",
    "server.renewal_changed": "Automatic renewal changed",
    "server.probe_changed": "Server's address for probes changed",
    "server.probed": "Server answers otherwise than before",
    "names.policy_changed": "Name policy changed",
    "names.accepted": "Names outside the name policy accepted",
    "names.shared": "Names shared between servers",
    "certificate.issued": "Certificate issued",
    "certificate.renewed": "Certificate renewed",
    "certificate.revoked": "Certificate revoked",
    "certificate.key_reported": "Key of a certificate reported as compromised",
    "certificate.imported": "Certificate imported",
    "revocation_list.signed": "Revocation list signed",
    "certificate.abandoned": "Unfinished certificate closed",
    "private_key.exported": "Private key downloaded",
    "workstation.registered": "Workstation registered",
    "workstation.approved": "Workstation approved",
    "workstation.denied": "Workstation denied",
    "workstation.trusted": "Workstation trusted",
    "workstation.revoked": "Workstation revoked",
    "workstation.reinstated": "Workstation reinstated",
    "workstation.changed": "Workstation changed",
    "workstation.alternates": "Two machines seem to use one certificate",
    "workstation.alternation_dismissed": "Two machines with one certificate: dismissed",
    "workstation.tagged": "Workstations tagged",
    "bulk.started": "Change of many workstations started",
    "bulk.finished": "Change of many workstations finished",
    "agent.refused": "Agent refused",
    "token.made": "Enrollment token made",
    "token.withdrawn": "Enrollment token withdrawn",
    "registration.changed": "Registration setting changed",
    "task.assigned": "Task assigned",
    "task.started": "Task started",
    "task.finished": "Task finished",
    "task.cancelled": "Task cancelled",
    "view.saved": "View saved",
    "view.deleted": "View deleted",
    "job.requested": "Job asked for",
    "reminder.told": "Reminders told",
    "reminder.closed": "Reminders settled",
    "reminder.acknowledged": "Reminder acknowledged",
    "reminder.snoozed": "Reminder put off",
    "reminder.taken_back": "Reminder taken up again",
    "reminder.policy_changed": "Reminder policy changed",
    "digest.time_changed": "Time of the digest changed",
    "group.added": "Recipients added",
    "group.changed": "Recipients changed",
    "group.removed": "Recipients removed",
    "channel.added": "Channel added",
    "channel.changed": "Channel changed",
    "channel.removed": "Channel removed",
    "delivery.retried": "Message sent again",
    "delivery.tested": "Test message sent",
    "addresses.changed": "Addresses for outgoing connections changed",
    "calendar.made": "Calendar address made",
    "vault.rekeyed": "Keys sealed anew",
    "vault.second_factors_sealed": "Secrets of second factors sealed",
    "backup.made": "Backup made",
    "backup.restored": "Backup restored",
    "user.added": "User added",
    "user.changed": "User changed",
    "access.refused": "Refused by role or rule",
    "audit.more": "More refusals, only counted",
    "setup.code_refused": "Wrong set-up code",
    "user.signed_in": "Signed in",
    "user.signed_out": "Signed out",
    "user.sign_in_failed": "Sign-in failed",
    "user.sign_in_limited": "Sign-in stopped after too many attempts",
    "user.second_step_failed": "Wrong second step",
    "user.password_changed": "Password changed",
    "user.two_step_changed": "Two-step sign-in changed",
    "sign_in.policy_changed": "Sign-in policy changed",
}


def record(actor: Actor, event: str, subject: Model | None = None, **detail: Any) -> AuditEvent:
    """One event; ``detail`` holds facts worth keeping, never a secret."""
    if event not in EVENTS:
        raise LookupError(f"{event} is not a known audit event.")
    written = AuditEvent(
        event=event,
        actor=actor.name[:150],
        user=actor.user,
        door=actor.door,
        address=actor.address,
        object_type=subject._meta.model_name or "" if subject else "",
        object_id=str(subject.pk) if subject else "",
        object_label=str(subject)[:300] if subject else "",
        detail=detail,
    )
    written.proof = audit_proof.proof(written, audit_key().secret)
    statements.insert(written)
    return written
