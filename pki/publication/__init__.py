"""What anyone may read without signing in: the root's certificate, health."""
