"""The pages of certificates: finding one, reading it, downloading it, revoking it."""
