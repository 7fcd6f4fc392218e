"""Years of the product's life in minutes: the real processes, agents and judges, a moved clock."""
