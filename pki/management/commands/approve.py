"""`certiflow approve`: a waiting or denied workstation may have its certificate."""

from pki.actions.trust import approve
from pki.management.decision_command import DecisionCommand


class Command(DecisionCommand):
    help = "Approve a workstation: its agent gets a certificate when it asks next."
    verb = "approve"
    done = "is approved. Its agent gets the certificate when it asks next."
    action = staticmethod(approve)
