"""What stands in an answer's place: it as Markdown, or what it differs in from another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.segment import Segment
from rich.style import Style

from tui.ui.widgets.answer.highlights import Highlight

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


class StandIn(Protocol):
    """What is shown in an answer's place whatever its width."""

    def formatted(self, width: int, styles: Mapping[str, Style]) -> Formatted:
        """Its rows of at most `width` cells; `styles` as in `FormatJob`."""
        ...

    @property
    def places(self) -> Sequence[Sequence[Highlight]]:
        """Where there is something to go to, in the rows that were made last."""
        ...
