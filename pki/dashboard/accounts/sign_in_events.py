"""Signing in and out, written to the audit trail."""
