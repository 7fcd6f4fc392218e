"""Independent programs judge the certificates and files that the product makes."""
