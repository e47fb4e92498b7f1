"""Models that a user's own Python class answers for, in a process of their own."""
