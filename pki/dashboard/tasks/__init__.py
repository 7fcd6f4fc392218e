"""Tasks of agents: what waits, runs and came out."""
