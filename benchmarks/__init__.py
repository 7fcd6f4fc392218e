"""How fast the product is, each number beside the bare signature of the same run."""
