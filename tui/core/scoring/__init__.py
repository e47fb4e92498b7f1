"""Scores and notes that people give to answers."""
