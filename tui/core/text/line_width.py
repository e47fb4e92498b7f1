"""How wide a printed line may be."""

from __future__ import annotations

import os
import shutil

USUAL = 80
"""Cells where nobody says."""
_NARROWEST, _WIDEST = 60, 200


def line_width(*, of_terminal: bool = False) -> int:
    """The cells of a line, within reason: what `COLUMNS` says; else, with `of_terminal`, those of the terminal that
    stdout is; else 80."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdecimal() and len(said) < 5:
        width = int(said)
    else:
        width = shutil.get_terminal_size((USUAL, 24)).columns if of_terminal else USUAL
    return min(max(width, _NARROWEST), _WIDEST)
