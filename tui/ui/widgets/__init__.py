"""Widgets: each is handed what it shows and never fetches it."""
