"""The score of one answer."""

from __future__ import annotations

from typing import ClassVar

from tui.core.clean import clean_line
from tui.core.rating import OVERALL, SCALE
from tui.ui.widgets.painted import TEXT, Painted, Row, cut

STAR, GAP, NO_SCORE, NOTE = "★", "☆", "·", "✎"


class ScoreStrip(Painted):
    """Stars, the criterion they are for, and a pencil when there is a note."""

    DEFAULT_CSS = """
    ScoreStrip {
        & .score-strip--stars { color: $warning; }
        & .score-strip--muted { color: $text-muted; }
        &:ansi .score-strip--muted { color: ansi_default; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"score-strip--stars", "score-strip--muted"}

    _shown: tuple[int | None, bool, str] = (None, False, OVERALL)

    def show(self, score: int | None, note: bool, criterion: str = OVERALL) -> None:
        """Show a score of 1 to 5, or that there is none; `note` when somebody wrote one."""
        if (score, note, criterion) != self._shown:
            self._shown = (score, note, criterion)
            self.repaint()

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """One row: stars, criterion, pencil."""
        score, note, criterion = self._shown
        stars = NO_SCORE * SCALE[-1] if score is None else STAR * score + GAP * (SCALE[-1] - score)
        pencil = f"  {NOTE}" if note else ""
        name = cut(clean_line(criterion), max(width - len(stars) - len(pencil) - 1, 0))
        return (
            (
                (stars, "score-strip--muted" if score is None else "score-strip--stars"),
                (f" {name}", "score-strip--muted"),
                (pencil, TEXT),
            ),
        )
