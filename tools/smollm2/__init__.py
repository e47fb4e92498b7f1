"""How the graph of SmolLM2 that comes with the program is made."""
