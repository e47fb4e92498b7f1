"""Foundry Local: service, daemon, SDK web service, and the `foundry` command."""
