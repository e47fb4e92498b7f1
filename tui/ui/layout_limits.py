"""How much room things need, in cells."""

from __future__ import annotations

MIN_WIDTH, MIN_HEIGHT = 60, 18
"""The smallest terminal that can show anything useful."""
PANE_WIDTH = 26
"""A pane with its borders."""
