"""The pages of the servers: adding one, and its certificates from the first to the last."""
