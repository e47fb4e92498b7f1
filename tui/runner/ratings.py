"""Gives scores and notes, each of which can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from tui.core.scoring.rating import OVERALL, SCALE, Note, RatingChange, RatingsOf, Score
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import note_to_dict, score_to_dict


class Ratings(RatingsOf):
    """One person's ratings in one session. Each change is an entry that is added to the session and handed to
    `record`."""

    def __init__(
        self, session: Session, rater: str, now: Callable[[], datetime], record: Callable[[dict[str, Any]], None]
    ) -> None:
        """`now` gives the time in UTC."""
        super().__init__(session.scores, session.notes, rater)
        self._session = session
        self._now = now
        self._record = record
        self._changes: list[RatingChange] = []

    def score(self, request_id: str, value: int | None, position: int | None = None, criterion: str = OVERALL) -> None:
        """Score a request's answer from 1 to 5; None takes the score back. Raises ValueError for any other value."""
        if value is not None and value not in SCALE:
            raise ValueError(f"{value} is not on the scale of {SCALE[0]} to {SCALE[-1]}")
        before = self.score_of(request_id, criterion)
        if before == value:
            return
        entry = Score(request_id, self.rater, value, self._now(), criterion, position=position)
        self._changes.append(RatingChange(request_id, replace(entry, value=before), entry))
        self._add(entry)

    def note(self, request_id: str, text: str) -> None:
        """Write a note on a request's answer; empty text takes it back."""
        before = self.note_of(request_id)
        if before == text:
            return
        entry = Note(request_id, self.rater, text, self._now())
        self._changes.append(RatingChange(request_id, replace(entry, text=before), entry))
        self._add(entry)

    @property
    def last(self) -> RatingChange | None:
        """What `undo()` takes back; None when there is nothing to take back."""
        return self._changes[-1] if self._changes else None

    def undo(self) -> RatingChange | None:
        """Take the last score or note back, and return it; None when there is nothing to take back."""
        if not self._changes:
            return None
        change = self._changes.pop()
        self._add(replace(change.old, at=self._now()))
        return change

    def _add(self, entry: Score | Note) -> None:
        if isinstance(entry, Score):
            self._session.scores.append(entry)
            self._record({"score": score_to_dict(entry)})
        else:
            self._session.notes.append(entry)
            self._record({"note": note_to_dict(entry)})
