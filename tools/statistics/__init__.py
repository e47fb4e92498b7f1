"""How often the statistics are wrong, simulated."""
