"""The messages that left, or did not."""
