"""Addresses, proxies, HTTP clients, and why a connection failed. Nowhere else are HTTP clients made."""
