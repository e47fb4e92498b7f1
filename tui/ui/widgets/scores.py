"""What was said of one answer: its scores, the share of facets met, the vote, and the note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.events import Click
from textual.message import Message

from tui.core.scoring.rating import Score, next_criterion
from tui.core.scoring.rubric import DEFAULT_RUBRIC, DEFAULT_SCALE, OVERALL, Criterion, Rubric
from tui.core.text.clean import clean_line
from tui.ui.cells import cells_needed, cut
from tui.ui.widgets.painted import TEXT, Painted, Piece, Row

STAR, GAP, NO_SCORE, NOTE = "★", "☆", "·", "✎"
HERE = "›"
"""Stands before the criterion that the next score is for, where there is no room for its name."""
_STARS, _MUTED, _CURRENT = "score-strip--stars", "score-strip--muted", "score-strip--current"
_SHORTEST_NAME = 3
"""Characters of a criterion's name below which all criteria are shortened."""

Mark = tuple[str, str]
"""What else was said of the answer: in full, and in short."""


class ScoreRow(Painted):
    """Stars and what they are for, criterion by criterion, marks, and a note behind a pencil as far as there is room.

    The name of the one criterion of a session without a rubric is not shown: there is nothing to tell it from.
    """

    DEFAULT_CSS = """
    ScoreRow {
        & .score-strip--stars { color: $warning; }
        & .score-strip--muted { color: $text-muted; }
        & .score-strip--current { color: $foreground; text-style: bold underline; }
        &:ansi .score-strip--muted { color: ansi_default; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {_STARS, _MUTED, _CURRENT}

    _shown: tuple[Rubric, Mapping[str, Score], str, str, tuple[Mark, ...]] = (DEFAULT_RUBRIC, {}, "", "", ())

    def show(
        self,
        rubric: Rubric,
        scores: Mapping[str, Score],
        note: str,
        criterion: str = "",
        marks: tuple[Mark, ...] = (),
    ) -> None:
        """Show what there is to be scored, the scores, by criterion, a note, the criterion that the next score is for
        (empty: the first without one), and marks; all may come from outside as they are."""
        if (rubric, scores, note, criterion, marks) != self._shown:
            self._shown = (rubric, scores, note, criterion, marks)
            self.repaint()

    class Clicked(Message):
        """A star was clicked."""

        def __init__(self, row: ScoreRow, criterion: str, value: int) -> None:
            super().__init__()
            self.row = row
            self.criterion = criterion
            self.value = value

        @property
        def control(self) -> ScoreRow:
            """The row that it stands in."""
            return self.row

    def on_click(self, event: Click) -> None:
        """A click on a star is its score."""
        rubric, scores, _, criterion, _ = self._shown
        runs = _star_runs(self._rows[0]) if self._rows else []
        starred = [one for one in rubric if one.scale == DEFAULT_SCALE]
        if len(runs) != len(starred):
            # There is room for the stars of one alone.
            starred = [rubric.get(criterion) or next_criterion(scores, rubric)]
        for begin, one in zip(runs, starred, strict=False):
            if 0 <= (place := event.x - begin) < DEFAULT_SCALE:
                self.post_message(self.Clicked(self, one.id, place + 1))

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """One row: the scores, the marks, then the note."""
        rubric, scores, note, criterion, marks = self._shown
        pencil = f"  {NOTE} " if note else ""
        words = clean_line(note, 4 * width)
        others = [Criterion(name, scale=score.scale) for name, score in scores.items() if rubric.get(name) is None]
        every = (*rubric, *others)
        current = rubric.get(criterion) or next_criterion(scores, rubric)
        full, short = ("".join(f"  {clean_line(mark[place])}" for mark in marks) for place in (0, 1))
        room = width - len(pencil)
        pieces = _in_full(every, current, scores)
        if len(every) > 1 and _cells(pieces) + cells_needed(full) > room:
            full = short.replace("  ", " ")
            pieces = _in_short(current, every, scores, room - cells_needed(full))
        elif _cells(pieces) + cells_needed(full) + cells_needed(words) > room:
            full = short
        # Half a mark would say something else.
        marked = (*pieces, (full, TEXT)) if full and _cells(pieces) + cells_needed(full) <= room else tuple(pieces)
        return ((*marked, (pencil + cut(words, max(room - _cells(marked), 0)), TEXT)),)


def _in_full(criteria: Sequence[Criterion], current: Criterion, scores: Mapping[str, Score]) -> list[Piece]:
    """Stars and a name for each criterion; stars alone where there is nothing but the usual one."""
    pieces: list[Piece] = []
    for criterion in criteria:
        stars, style = _stars(scores.get(criterion.id), criterion.scale)
        pieces.append((f"{' ' * bool(pieces)}{stars}", style))
        if len(criteria) > 1 or criterion.id != OVERALL:
            pieces += [(" ", _MUTED), (clean_line(criterion.title), _CURRENT if criterion is current else _MUTED)]
    if len(criteria) == 1:
        pieces = [(text, _MUTED if style == _CURRENT else style) for text, style in pieces]
    return pieces


def _in_short(current: Criterion, criteria: Sequence[Criterion], scores: Mapping[str, Score], room: int) -> list[Piece]:
    """The criterion that is scored next as it is in full; of each other one the score behind a few letters. Where that
    is too much, it is shortened too."""
    letters = short_names(criteria)

    def brief(criterion: Criterion) -> str:
        score = scores.get(criterion.id)
        return f"{clean_line(letters[criterion.id])}{score.value if score else NO_SCORE}"

    rest = [(f" {brief(criterion)}", _MUTED) for criterion in criteria if criterion is not current]
    stars, style = _stars(scores.get(current.id), current.scale)
    left = max(room - cells_needed(stars) - _cells(rest) - 1, 0)
    if left >= min(_SHORTEST_NAME, cells_needed(clean_line(current.title))):
        return [(stars, style), (" ", _MUTED), (cut(clean_line(current.title), left), _CURRENT), *rest]
    return [
        (
            f"{' ' * bool(place)}{HERE * (criterion is current)}{brief(criterion)}",
            _STARS if criterion is current else _MUTED,
        )
        for place, criterion in enumerate(criteria)
    ]


def short_names(criteria: Sequence[Criterion]) -> Mapping[str, str]:
    """Three letters for each criterion, and as many more as tell it from the others, by its id."""
    found = {}
    for criterion in criteria:
        length = 3
        while length < len(criterion.id) and any(
            other.id[:length] == criterion.id[:length] for other in criteria if other is not criterion
        ):
            length += 1
        found[criterion.id] = criterion.id[:length]
    return found


def _star_runs(row: Row) -> list[int]:
    """Where stars begin in a row, in cells."""
    found, at = [], 0
    for text, _ in row:
        stars = text.strip(" ")
        at += cells_needed(text)
        if len(stars) == DEFAULT_SCALE and not {*stars} - {STAR, GAP, NO_SCORE}:
            found.append(at - len(stars))
    return found


def _cells(pieces: Sequence[Piece]) -> int:
    return cells_needed("".join(text for text, _ in pieces))


def _stars(score: Score | None, scale: int) -> Piece:
    """A score as stars; in figures when its scale is another one, whose stars would look like those of ours."""
    if score is None or score.value is None:
        return (NO_SCORE * DEFAULT_SCALE if scale == DEFAULT_SCALE else f"{NO_SCORE}/{scale}"), _MUTED
    if score.scale != DEFAULT_SCALE:
        return f"{score.value}/{score.scale}", _STARS
    return STAR * score.value + GAP * (DEFAULT_SCALE - score.value), _STARS
