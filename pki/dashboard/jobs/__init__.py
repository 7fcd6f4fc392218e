"""What runs by the clock: when it ran, what came of it, and running it now."""
