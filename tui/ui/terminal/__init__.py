"""The way to the terminal: how much waits for it, how fast it reads, and what is painted when it is slow."""
