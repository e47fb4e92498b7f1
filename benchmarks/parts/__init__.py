"""The parts of the benchmark, each with its own rows of the tables."""
