"""Scores and notes from the keyboard, on the answers in the panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from tui.conductor import Conductor
from tui.core.clean import clean_line
from tui.core.lane import Lane
from tui.core.model_names import titles
from tui.core.rating import Note, Score
from tui.ui.screens.ask import AskScreen
from tui.ui.screens.note import NoteScreen
from tui.ui.screens.shown import Shown


class Scoring:
    """What the user of a screen says of the answers that it shows."""

    def __init__(
        self,
        screen: Screen[Any],
        conductor: Conductor,
        shown: Shown,
        rated: Callable[[Lane], None],
        say: Callable[[str], None],
    ) -> None:
        """`rated` is called with each lane whose score or note has changed, `say` with what there is to say: a line
        that covers no answer."""
        self._screen = screen
        self._session = conductor.session
        self._ratings = conductor.ratings
        self._shown = shown
        self._rated = rated
        self._say = say

    def score(self, value: int) -> None:
        """Score the focused answer; 0 takes the score back."""
        lane = self._shown.focused()
        if (refusal := self._refusal(lane)) or lane is None:
            self._say(refusal)
            return
        self._ratings.score(lane.spec.id, value or None, self._shown.index(lane) + 1)
        self._rated(lane)

    def note(self) -> None:
        """Ask for a note on the focused answer. A refusal takes the keys too: text that is typed after it must not act
        as keys."""
        lane = self._shown.focused()
        if (refusal := self._refusal(lane)) or lane is None:
            self._screen.app.push_screen(AskScreen("There can be no note yet", refusal, [("enter", "goes back")]))
            return

        def keep(text: str | None) -> None:
            if text is not None:
                self._ratings.note(lane.spec.id, text)
                self._rated(lane)

        self._screen.app.push_screen(NoteScreen(self._name(lane), self._ratings.note_of(lane.spec.id)), keep)

    def undo(self) -> None:
        """Take back the last score or note, if it is in sight."""
        step = self._ratings.last
        if step is None:
            self._say("There is nothing to undo.")
            return
        lane = self._session.lanes[step.run]
        room = max((self._screen.size.width - 56) // 2, 8)
        if not self._shown.in_sight(lane):
            here = lane in self._shown.lanes()
            why = "is out of sight: undo it at its pane" if here else "is of an earlier question, so it stays"
            told = f"{_told(step.new, room)} on {clean_line(self._name(lane), 24)}"
            self._say(f"{told[0].upper()}{told[1:]} {why}.")
            return
        self._ratings.undo()
        self._rated(lane)
        name = f"{self._shown.index(lane) + 1} {clean_line(self._name(lane), 24)}"
        self._say(f"Undone on {name}: {_told(step.new, room)} → {_told(step.old, room)}")

    def unscored(self) -> list[Lane]:
        """The answers in the panes that have no score yet, in the order of their panes."""
        score_of = self._ratings.score_of
        return [lane for lane in self._shown.lanes() if _has_answer(lane) and score_of(lane.spec.id) is None]

    def _name(self, lane: Lane) -> str:
        """The model's alias, or as much more as tells it from the others of the session."""
        card = self._session.target_of(lane).card
        cards = {target.card.key: target.card for target in self._session.targets.values()}
        alike = [one for one in cards.values() if one.alias == card.alias]
        return card.alias if len(alike) == 1 else titles(alike)[[one.key for one in alike].index(card.key)]

    def _refusal(self, lane: Lane | None) -> str:
        """Why a lane cannot be rated; empty when it can."""
        if lane is not None and not lane.state.final:
            return "Wait for the end of this answer, or stop it: then it can be scored."
        if lane is None or not _has_answer(lane):
            return "There is no answer to score in this pane."
        return "It is being asked again: wait for the new answer." if self._shown.is_replaced(lane) else ""


def _told(entry: Score | Note, room: int) -> str:
    """A score or note in words, a note's text in at most `room` characters."""
    if isinstance(entry, Score):
        return "no score" if entry.value is None else f"score {entry.value}"
    return f"note “{clean_line(entry.text, room)}”" if entry.text else "no note"


def _has_answer(lane: Lane) -> bool:
    return lane.state.final and bool(lane.answer) and not lane.spec.warmup
