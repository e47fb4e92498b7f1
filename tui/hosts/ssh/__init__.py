"""Hosts on other machines, through SSH."""
