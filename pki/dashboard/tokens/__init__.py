"""Enrollment tokens: making and withdrawing them."""
