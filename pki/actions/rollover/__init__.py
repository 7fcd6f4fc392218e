"""Replacing the root: announce a successor, re-issue in waves, retire the old one."""
