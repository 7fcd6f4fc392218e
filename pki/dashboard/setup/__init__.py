"""The wizard: the first administrator, the root, this host's certificate."""
