"""Disk: where sessions are kept, how they are written whole, and how they come back after a crash."""
