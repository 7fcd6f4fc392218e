"""Messages on their way to programs of others; knows nothing of Django."""
