"""The product: certificates of CertiFlow agents, servers and the root that signs them."""
