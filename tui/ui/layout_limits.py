"""How much room things need, in cells."""

from __future__ import annotations

from itertools import pairwise

MIN_WIDTH, MIN_HEIGHT = 60, 18
"""The smallest terminal that can show anything useful."""
PANE_WIDTH = 26
"""A pane with its borders."""
FEW_PANES, EASY_PANE_WIDTH = 3, 38
"""More panes than these few stand side by side only where each of them has so much room."""
ROOMY_HEIGHT = 30
"""A lower terminal gives the rows of prompt and figures to the answers while somebody reads."""


def pages(count: int, width: int) -> list[range]:
    """Which panes stand on which page, counted from 0: as many as `width` cells have room for, and no page more than
    one pane fuller than another."""
    most = max(min(width // PANE_WIDTH, FEW_PANES), width // EASY_PANE_WIDTH, 1)
    number = -(-count // most)
    size, larger = divmod(count, max(number, 1))
    starts = [page * size + min(page, larger) for page in range(number + 1)]
    return [range(start, end) for start, end in pairwise(starts)]
