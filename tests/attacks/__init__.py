"""Attempts to get more than the rules give, each through every door that leads there."""
