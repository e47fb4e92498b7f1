"""Scores and notes from the keyboard, on the answers in the panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from tui.conductor import Conductor
from tui.core.clean import clean_line
from tui.core.lane import Lane
from tui.ui.screens.note import NoteScreen
from tui.ui.screens.shown import Shown


class Scoring:
    """What the user of a screen says of the answers that it shows."""

    def __init__(self, screen: Screen[Any], conductor: Conductor, shown: Shown, rated: Callable[[Lane], None]) -> None:
        """`rated` is called with each lane whose score or note has changed."""
        self._screen = screen
        self._session = conductor.session
        self._ratings = conductor.ratings
        self._shown = shown
        self._rated = rated

    def score(self, value: int) -> None:
        """Score the focused answer; 0 takes the score back."""
        if (lane := self._ratable()) is not None:
            self._ratings.score(lane.spec.id, value or None, self._shown.index(lane) + 1)
            self._rated(lane)

    def note(self) -> None:
        """Ask for a note on the focused answer."""
        lane = self._ratable()
        if lane is None:
            return

        def keep(text: str | None) -> None:
            if text is not None:
                self._ratings.note(lane.spec.id, text)
                self._rated(lane)

        self._screen.app.push_screen(NoteScreen(self._name(lane), self._ratings.note_of(lane.spec.id)), keep)

    def undo(self) -> None:
        """Take back the last score or note."""
        run_id = self._ratings.undo()
        if run_id is None:
            self._screen.notify("There is nothing to undo.", timeout=2)
            return
        lane = self._session.lanes[run_id]
        name = clean_line(self._name(lane), 40)
        self._screen.notify(f"Took back the last score or note on {name}.", timeout=3, markup=False)
        self._rated(lane)

    def unscored(self) -> list[Lane]:
        """The answers in the panes that have no score yet, in the order of their panes."""
        score_of = self._ratings.score_of
        return [lane for lane in self._shown.lanes() if _has_answer(lane) and score_of(lane.spec.id) is None]

    def _ratable(self) -> Lane | None:
        lane = self._shown.focused()
        if lane is None:
            return None
        if not lane.state.final:
            self._screen.notify("Wait for the end of this answer, or stop it: then it can be scored.", timeout=3)
            return None
        if not _has_answer(lane):
            self._screen.notify("There is no answer to score in this pane.", timeout=3)
            return None
        return lane

    def _name(self, lane: Lane) -> str:
        return self._session.target_of(lane).card.alias


def _has_answer(lane: Lane) -> bool:
    return lane.state.final and bool(lane.answer) and not lane.spec.warmup
