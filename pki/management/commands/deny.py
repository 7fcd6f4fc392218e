"""`certiflow deny`: a waiting workstation gets nothing."""

from pki.actions.trust import deny
from pki.management.decision_command import DecisionCommand


class Command(DecisionCommand):
    help = "Deny a workstation that waits for approval. It can be approved later."
    verb = "deny"
    done = "is denied."
    action = staticmethod(deny)
