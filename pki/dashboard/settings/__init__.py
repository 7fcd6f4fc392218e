"""This installation, and the people who use it."""
