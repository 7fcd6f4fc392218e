"""Users and the facts of this installation."""
