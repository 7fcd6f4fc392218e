"""The guided page of replacing the root, and what is decided on it."""
