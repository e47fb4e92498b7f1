"""The scores and the note of one answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from tui.core.scoring import rating
from tui.core.scoring.rating import OVERALL, SCALE, Score
from tui.core.text.clean import clean_line
from tui.ui.cells import cells_needed, cut
from tui.ui.widgets.painted import TEXT, Painted, Piece, Row

STAR, GAP, NO_SCORE, NOTE = "★", "☆", "·", "✎"
_STARS, _MUTED = "score-strip--stars", "score-strip--muted"


class ScoreRow(Painted):
    """Stars and what they are for, criterion by criterion, and a note behind a pencil as far as there is room."""

    DEFAULT_CSS = """
    ScoreRow {
        & .score-strip--stars { color: $warning; }
        & .score-strip--muted { color: $text-muted; }
        &:ansi .score-strip--muted { color: ansi_default; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {_STARS, _MUTED}

    _shown: tuple[Mapping[str, Score], str] = ({}, "")

    def show(self, scores: Mapping[str, Score], note: str) -> None:
        """Show the scores, by criterion, and a note; both may come from outside as they are."""
        if (scores, note) != self._shown:
            self._shown = (scores, note)
            self.repaint()

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """One row: the scores, then the note."""
        scores, note = self._shown
        pencil = f"  {NOTE} " if note else ""
        words = clean_line(note, 4 * width)
        pieces: list[Piece] = []
        left = width - len(pencil)
        for criterion in dict.fromkeys([*rating.CRITERIA, *scores]):
            stars, style = _stars(scores.get(criterion))
            gap = " " * bool(pieces)
            left -= len(gap) + len(stars)
            name = f" {clean_line(criterion, max(left - 1, 0))}"
            if criterion == OVERALL and cells_needed(words) > left - len(name):
                name = ""  # What somebody wrote says more.
            left -= len(name)
            pieces += [(gap + stars, style), (name, _MUTED)]
        return ((*pieces, (pencil + cut(words, max(left, 0)), TEXT)),)


def _stars(score: Score | None) -> Piece:
    """A score as stars; in figures when its scale is another one, whose stars would look like those of ours."""
    if score is None or score.value is None:
        return NO_SCORE * SCALE[-1], _MUTED
    if score.scale != SCALE[-1]:
        return f"{score.value}/{score.scale}", _STARS
    return STAR * score.value + GAP * (SCALE[-1] - score.value), _STARS
