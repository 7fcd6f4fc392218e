"""The product and its agents killed at any moment."""
