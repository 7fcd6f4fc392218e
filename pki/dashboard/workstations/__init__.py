"""Workstations: finding, deciding, reading."""
