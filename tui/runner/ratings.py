"""Scores and notes as they are given, each step of which can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tui.core.scoring.rating import OVERALL, SCALE, Note, Score, current_notes, current_scores
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import note_to_dict, score_to_dict


@dataclass(frozen=True, slots=True)
class Step:
    """A score or note that can be taken back. Without a score or note there is None or an empty text."""

    run: str
    old: Score | Note
    new: Score | Note


class Ratings:
    """One person's ratings in one session. Every change is an entry added to the session and told to `record`."""

    def __init__(
        self, session: Session, rater: str, now: Callable[[], datetime], record: Callable[[dict[str, Any]], None]
    ) -> None:
        self._session = session
        self._rater = rater
        self._now = now
        self._record = record
        self._steps: list[Step] = []

    def score(self, run: str, value: int | None, position: int | None = None) -> None:
        """Score a run's answer from 1 to 5; None takes the score back."""
        if value is not None and value not in SCALE:
            raise ValueError(f"{value} is not on the scale of {SCALE[0]} to {SCALE[-1]}")
        before = self.score_of(run)
        if before == value:
            return
        entry = Score(run, self._rater, value, self._now(), position=position)
        self._steps.append(Step(run, replace(entry, value=before), entry))
        self._add(entry)

    def note(self, run: str, text: str) -> None:
        """Write a note on a run's answer; empty text takes it back."""
        before = self.note_of(run)
        if before == text:
            return
        entry = Note(run, self._rater, text, self._now())
        self._steps.append(Step(run, replace(entry, text=before), entry))
        self._add(entry)

    @property
    def last(self) -> Step | None:
        """What `undo()` takes back; None when there is nothing to take back."""
        return self._steps[-1] if self._steps else None

    def undo(self) -> Step | None:
        """Take the last score or note back, and return it; None when there is nothing to take back."""
        if not self._steps:
            return None
        step = self._steps.pop()
        self._add(replace(step.old, at=self._now()))
        return step

    def score_of(self, run: str) -> int | None:
        """This person's score of a run that counts."""
        score = current_scores(self._session.scores).get((run, self._rater, OVERALL))
        return score.value if score else None

    def note_of(self, run: str) -> str:
        """This person's note on a run that counts; empty when there is none."""
        note = current_notes(self._session.notes).get((run, self._rater))
        return note.text if note else ""

    def _add(self, entry: Score | Note) -> None:
        if isinstance(entry, Score):
            self._session.scores.append(entry)
            self._record({"score": score_to_dict(entry)})
        else:
            self._session.notes.append(entry)
            self._record({"note": note_to_dict(entry)})
