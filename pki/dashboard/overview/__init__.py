"""The first page: what needs a hand, what expires when, what happened."""
