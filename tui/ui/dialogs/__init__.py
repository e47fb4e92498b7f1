"""Screens on top of a screen."""
