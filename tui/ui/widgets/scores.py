"""The score of one answer."""

from __future__ import annotations

from typing import ClassVar

from tui.core.scoring.rating import OVERALL, SCALE
from tui.core.text.clean import clean_line
from tui.ui.cells import cut, room
from tui.ui.widgets.painted import TEXT, Painted, Row

STAR, GAP, NO_SCORE, NOTE = "★", "☆", "·", "✎"


class ScoreRow(Painted):
    """Stars, the criterion they are for, and a note behind a pencil, as much of it as there is room for."""

    DEFAULT_CSS = """
    ScoreRow {
        & .score-strip--stars { color: $warning; }
        & .score-strip--muted { color: $text-muted; }
        &:ansi .score-strip--muted { color: ansi_default; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"score-strip--stars", "score-strip--muted"}

    _shown: tuple[int | None, str, str] = (None, "", OVERALL)

    def show(self, score: int | None, note: str, criterion: str = OVERALL) -> None:
        """Show a score of 1 to 5, or that there is none, and a note; it may come from outside as it is."""
        if (score, note, criterion) != self._shown:
            self._shown = (score, note, criterion)
            self.repaint()

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """One row: stars, criterion, note."""
        score, note, criterion = self._shown
        stars = NO_SCORE * SCALE[-1] if score is None else STAR * score + GAP * (SCALE[-1] - score)
        pencil = f"  {NOTE} " if note else ""
        words = clean_line(note, 4 * width)
        left = max(width - len(stars) - len(pencil), 0)
        name = f" {clean_line(criterion, max(left - 1, 0))}"
        if criterion == OVERALL and room(words) > left - len(name):
            name = ""  # What somebody wrote says more.
        return (
            (
                (stars, "score-strip--muted" if score is None else "score-strip--stars"),
                (name, "score-strip--muted"),
                (pencil + cut(words, max(left - len(name), 0)), TEXT),
            ),
        )
