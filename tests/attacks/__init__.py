"""Attempts to get more than the rules give, each through the doors an attacker would use."""
