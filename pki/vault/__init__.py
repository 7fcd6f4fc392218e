"""Private keys at rest: the key ring and what it seals. Imports no Django."""
