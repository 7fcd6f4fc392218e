"""State and constraints, one noun a file. Workflows live in `pki.actions`."""

from pki.models.agent_task import AgentTask, TaskState
from pki.models.audit_event import AuditEvent
from pki.models.authority import Authority
from pki.models.bulk_change import BulkChange
from pki.models.certificate import Certificate
from pki.models.enrollment_token import EnrollmentToken
from pki.models.job import Clock, Job, JobRun
from pki.models.private_key import PrivateKey
from pki.models.probe import Probe, ProbeState
from pki.models.registration_policy import RegistrationPolicy
from pki.models.revocation_list import RevocationList
from pki.models.rollover import Rollover, ServerRollover
from pki.models.saved_view import SavedView
from pki.models.server import Server
from pki.models.setup_code import SetupCode
from pki.models.user import Role, User
from pki.models.workstation import Tag, TrustState, Workstation

__all__ = [
    "AgentTask",
    "AuditEvent",
    "Authority",
    "BulkChange",
    "Certificate",
    "Clock",
    "EnrollmentToken",
    "Job",
    "JobRun",
    "PrivateKey",
    "Probe",
    "ProbeState",
    "RegistrationPolicy",
    "RevocationList",
    "Role",
    "Rollover",
    "SavedView",
    "Server",
    "ServerRollover",
    "SetupCode",
    "Tag",
    "TaskState",
    "TrustState",
    "User",
    "Workstation",
]
