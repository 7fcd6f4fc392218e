"""Messages to programs of others, without Django."""
