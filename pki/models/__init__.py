"""State and constraints, one noun a file. Workflows live in `pki.actions`."""

from pki.models.agent_task import AgentTask, TaskState
from pki.models.audit_event import AuditEvent
from pki.models.audit_seal import AuditSeal, AuditVerification
from pki.models.authority import Authority
from pki.models.backup import Backup
from pki.models.bulk_change import BulkChange
from pki.models.calendar_feed import CalendarFeed
from pki.models.certificate import Certificate
from pki.models.channel import Channel, ChannelKind
from pki.models.delivery import Delivery, DeliverySort, DeliveryState
from pki.models.enrollment_token import EnrollmentToken
from pki.models.job import Clock, Job, JobRun
from pki.models.key_ring_state import KeyRingState, Ring, SealingKeys
from pki.models.known_address import KnownAddress
from pki.models.name_policy import NamePolicy
from pki.models.notice import Notice, Telling
from pki.models.outgoing_policy import OutgoingPolicy
from pki.models.private_key import PrivateKey
from pki.models.probe import Probe, ProbeState
from pki.models.recipient_group import RecipientGroup
from pki.models.registration_policy import RegistrationPolicy
from pki.models.reminder import Reminder, ReminderKind
from pki.models.reminder_policy import DigestTime, ReminderPolicy
from pki.models.revocation_list import RevocationList
from pki.models.rollover import Rollover, ServerRollover
from pki.models.saved_view import SavedView
from pki.models.sealed import Sealed
from pki.models.secret import Secret
from pki.models.server import Server
from pki.models.server_name import ServerName
from pki.models.setup_code import SetupCode
from pki.models.sign_in_policy import SignInPolicy
from pki.models.trail_minute import TrailMinute
from pki.models.user import Role, User
from pki.models.workstation import Tag, TrustState, Workstation

__all__ = [
    "AgentTask",
    "AuditEvent",
    "AuditSeal",
    "AuditVerification",
    "Authority",
    "Backup",
    "BulkChange",
    "CalendarFeed",
    "Certificate",
    "Channel",
    "ChannelKind",
    "Clock",
    "Delivery",
    "DeliverySort",
    "DeliveryState",
    "DigestTime",
    "EnrollmentToken",
    "Job",
    "JobRun",
    "KeyRingState",
    "KnownAddress",
    "NamePolicy",
    "Notice",
    "OutgoingPolicy",
    "PrivateKey",
    "Probe",
    "ProbeState",
    "RecipientGroup",
    "RegistrationPolicy",
    "Reminder",
    "ReminderKind",
    "ReminderPolicy",
    "RevocationList",
    "Ring",
    "Role",
    "Rollover",
    "SavedView",
    "Sealed",
    "SealingKeys",
    "Secret",
    "Server",
    "ServerName",
    "ServerRollover",
    "SetupCode",
    "SignInPolicy",
    "Tag",
    "TaskState",
    "Telling",
    "TrailMinute",
    "TrustState",
    "User",
    "Workstation",
]
