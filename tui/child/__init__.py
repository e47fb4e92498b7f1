"""Processes that the program starts, from both ends: the one class for them, their lines, and their own end."""
