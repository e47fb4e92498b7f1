"""Blind review: which answers are hidden from a rater, in which order they are shown, and what may be seen of them."""
