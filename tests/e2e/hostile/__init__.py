"""Thirty hostile texts through everything that shows, prints, writes or exports text from outside."""
