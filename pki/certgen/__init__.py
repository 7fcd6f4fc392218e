"""The command-line generator: certificates on an isolated machine, without a database."""
