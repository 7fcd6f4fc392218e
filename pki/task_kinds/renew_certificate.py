"""Renew the certificate now, whatever time it has left."""

from pki.task_kinds.kind import Kind

RENEW_CERTIFICATE = Kind(
    name="renew-certificate",
    label="Renew certificate now",
    explanation="The agent makes a new key and asks for a new certificate with it.",
)
