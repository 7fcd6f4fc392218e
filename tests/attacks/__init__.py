"""What a hostile person, client or process tries, and must not get."""
