"""The verbs, and the only code that changes state: one transaction and one audit event each."""
