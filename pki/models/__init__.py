"""State and constraints, one noun a file. Workflows live in `pki.actions`."""

from pki.models.audit_event import AuditEvent
from pki.models.authority import Authority
from pki.models.certificate import Certificate
from pki.models.private_key import PrivateKey
from pki.models.server import Server
from pki.models.setup_code import SetupCode
from pki.models.user import Role, User

__all__ = [
    "AuditEvent",
    "Authority",
    "Certificate",
    "PrivateKey",
    "Role",
    "Server",
    "SetupCode",
    "User",
]
