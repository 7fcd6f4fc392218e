"""The audit trail, to read and to take away."""
