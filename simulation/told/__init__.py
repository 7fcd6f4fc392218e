"""Judging what was told: by the letters and calls that arrived, and by the promised steps."""
