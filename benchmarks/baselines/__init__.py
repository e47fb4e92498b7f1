"""The same answers taken in and shown in other ways. Each is a program: `python -m benchmarks.baselines.bare …`."""
