"""What people say of the answers. Entries are only ever added; the latest one counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

OVERALL = "overall"
SCALE = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Score:
    """One person's score of one answer. `value` None takes an earlier score back."""

    run: str
    rater: str
    value: int | None
    at: datetime
    """UTC."""
    criterion: str = OVERALL
    scale: int = SCALE[-1]
    position: int | None = None
    """Which pane the answer was in, counted from 1: raters prefer some places to others."""
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """One person's words on one answer. Empty text takes an earlier note back."""

    run: str
    rater: str
    text: str
    at: datetime


def current_scores(scores: Iterable[Score]) -> dict[tuple[str, str, str], Score]:
    """The scores that count, by run, rater and criterion."""
    latest = {(score.run, score.rater, score.criterion): score for score in scores}
    return {key: score for key, score in latest.items() if score.value is not None}


def current_notes(notes: Iterable[Note]) -> dict[tuple[str, str], Note]:
    """The notes that count, by run and rater."""
    latest = {(note.run, note.rater): note for note in notes}
    return {key: note for key, note in latest.items() if note.text}
