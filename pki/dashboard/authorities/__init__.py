"""The pages of the root: what it is, what it has issued, taking it out."""
