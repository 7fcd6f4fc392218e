"""What needs a hand before it is too late: reading, acknowledging, putting off."""
