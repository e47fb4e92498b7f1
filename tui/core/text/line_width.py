"""How wide a printed line may be."""

from __future__ import annotations

import os
from typing import TextIO

USUAL = 80
"""Cells where nobody says."""
_NARROWEST, _WIDEST = 40, 200


def line_width(*, of_terminal: bool = False) -> int:
    """The cells of a line, within reason: what `COLUMNS` says; else, with `of_terminal`, those of the terminal that
    stdout is; else 80."""
    width = _said()
    if width is None:
        import shutil  # brings archives along, which few commands need

        width = shutil.get_terminal_size((USUAL, 24)).columns if of_terminal else USUAL
    return min(max(width, _NARROWEST), _WIDEST)


def shown_width(stream: TextIO | None) -> int:
    """The cells of a line of what is shown in this stream: as `line_width()`, less where it is a narrower terminal."""
    return min(line_width(), room_in(stream) or _WIDEST)


def room_in(stream: TextIO | None) -> int | None:
    """The cells of a line on the terminal that this stream is, or what `COLUMNS` says instead. None for anything else:
    in a pipe or a file each sentence is one line, for programs to find."""
    if stream is None or not stream.isatty():
        return None
    try:
        width = _said() or os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return None  # It calls itself a terminal, and has no size.
    return max(width, _NARROWEST) if width else None


def _said() -> int | None:
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 5 else None
