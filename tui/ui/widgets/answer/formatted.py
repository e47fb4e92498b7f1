"""An answer as Markdown: what is asked for, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

LONGEST = 200_000
"""Characters of the longest answer that is shown as Markdown; formatting it takes seconds of work."""


@dataclass(frozen=True, slots=True)
class FormatJob:
    """An answer that is to be formatted."""

    text: str
    """Raw as received."""
    width: int
    """Cells."""
    styles: dict[str, Style]
    """By role; see `answer_styles`."""


@dataclass(frozen=True, slots=True, eq=False)
class Formatted:
    """Rows of text, and the pieces in which each is painted."""

    rows: list[str]
    pieces: list[list[Segment]]
