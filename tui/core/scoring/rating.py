"""Scores and notes on answers, and which answers still lack a score. Entries are only ever added; the latest counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.core.requests.request import Request

OVERALL = "overall"
CRITERIA = (OVERALL,)
"""What an answer is scored for, in the order in which the scores are given. A criterion is added here."""
SCALE = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Score:
    """One person's score of one answer. `value` None takes an earlier score back."""

    run: str
    """The request's id, called as in the session file."""
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
    """One person's note on one answer. Empty text takes an earlier note back."""

    run: str
    """The request's id, called as in the session file."""
    rater: str
    text: str
    at: datetime
    """UTC."""


def current_scores(scores: Iterable[Score]) -> dict[tuple[str, str, str], Score]:
    """The scores that count, by request, rater and criterion."""
    latest = {(score.run, score.rater, score.criterion): score for score in scores}
    return {key: score for key, score in latest.items() if score.value is not None}


def current_notes(notes: Iterable[Note]) -> dict[tuple[str, str], Note]:
    """The notes that count, by request and rater."""
    latest = {(note.run, note.rater): note for note in notes}
    return {key: note for key, note in latest.items() if note.text}


@dataclass(frozen=True, slots=True)
class RatingChange:
    """A score or note that replaced another; `old` and `new` say that there is none by None or an empty text."""

    request_id: str
    """The id of the request whose answer was rated."""
    old: Score | Note
    new: Score | Note


class RatingsOf:
    """The scores and notes of one rater that count. The entries are gone through again only when there are more."""

    def __init__(self, scores: Sequence[Score], notes: Sequence[Note], rater: str) -> None:
        """`scores` and `notes` are a session's own lists, which grow."""
        self.rater = rater
        self._entries = scores, notes
        self._seen = (0, 0)
        self._scores: dict[str, dict[str, Score]] = {}
        self._notes: dict[str, str] = {}

    def scores_of(self, request_id: str) -> Mapping[str, Score]:
        """The scores of a request's answer, by criterion."""
        self._read()
        return self._scores.get(request_id, {})

    def score_of(self, request_id: str, criterion: str = OVERALL) -> int | None:
        """The score of a request's answer for one criterion; None when there is none."""
        score = self.scores_of(request_id).get(criterion)
        return score.value if score else None

    def note_of(self, request_id: str) -> str:
        """The note on a request's answer; empty when there is none."""
        self._read()
        return self._notes.get(request_id, "")

    def _read(self) -> None:
        scores, notes = self._entries
        if self._seen == (len(scores), len(notes)):
            return
        self._seen = (len(scores), len(notes))
        # New tables, so that those handed out before stay as they were.
        self._scores = {}
        for (run, rater, criterion), score in current_scores(scores).items():
            if rater == self.rater:
                self._scores.setdefault(run, {})[criterion] = score
        self._notes = {run: note.text for (run, rater), note in current_notes(notes).items() if rater == self.rater}


def can_be_scored(request: Request) -> bool:
    """Whether a request has ended with an answer, or a part of one. A warm-up's answer is not scored."""
    return request.state.final and bool(request.answer) and not request.spec.warmup


def is_unscored(request: Request, scores: Mapping[str, Score]) -> bool:
    """Whether a request's answer lacks a score for one of the criteria; `scores` are those it has."""
    return can_be_scored(request) and any(criterion not in scores for criterion in CRITERIA)


def next_criterion(scores: Mapping[str, Score]) -> str:
    """What the next score is for: the first criterion without one; the last criterion when each has one."""
    return next((criterion for criterion in CRITERIA if criterion not in scores), CRITERIA[-1])


def last_criterion(scores: Mapping[str, Score]) -> str:
    """Which score is taken back first: that of the last criterion that has one."""
    return next((criterion for criterion in reversed(CRITERIA) if criterion in scores), CRITERIA[0])
