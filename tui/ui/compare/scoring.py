"""Scores and notes from the keyboard, on the answers in the panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from tui.core.catalog.model_names import titles
from tui.core.requests.request import Request
from tui.core.scoring.rating import Note, Score
from tui.core.text.clean import clean_line
from tui.runner import Runner
from tui.ui.compare.note import NoteDialog
from tui.ui.compare.shown import Shown
from tui.ui.dialogs.choice import ChoiceDialog


class ScorePass:
    """What the user of a screen says of the answers that it shows."""

    def __init__(
        self,
        screen: Screen[Any],
        runner: Runner,
        shown: Shown,
        rated: Callable[[Request], None],
        say: Callable[[str], None],
    ) -> None:
        """`rated` is called with each request whose score or note has changed, `say` with what there is to say: a line
        that covers no answer."""
        self._screen = screen
        self._session = runner.session
        self._ratings = runner.ratings
        self._shown = shown
        self._rated = rated
        self._say = say

    def score(self, value: int) -> None:
        """Score the focused answer; 0 takes the score back."""
        request = self._shown.focused()
        if (refusal := self._refusal(request)) or request is None:
            self._say(refusal)
            return
        self._ratings.score(request.spec.id, value or None, self._shown.index(request) + 1)
        self._rated(request)

    def note(self) -> None:
        """Ask for a note on the focused answer. A refusal takes the keys too: text that is typed after it must not act
        as keys."""
        request = self._shown.focused()
        if (refusal := self._refusal(request)) or request is None:
            self._screen.app.push_screen(ChoiceDialog("There can be no note yet", refusal, [("enter", "goes back")]))
            return

        def keep(text: str | None) -> None:
            if text is not None:
                self._ratings.note(request.spec.id, text)
                self._rated(request)

        self._screen.app.push_screen(NoteDialog(self._name(request), self._ratings.note_of(request.spec.id)), keep)

    def undo(self) -> None:
        """Take back the last score or note, if it is in sight."""
        step = self._ratings.last
        if step is None:
            self._say("There is nothing to undo.")
            return
        request = self._session.requests[step.run]
        room = max((self._screen.size.width - 56) // 2, 8)
        if not self._shown.in_sight(request):
            here = request in self._shown.requests()
            why = "is out of sight: undo it at its pane" if here else "is of an earlier question, so it stays"
            told = f"{_told(step.new, room)} on {clean_line(self._name(request), 24)}"
            self._say(f"{told[0].upper()}{told[1:]} {why}.")
            return
        self._ratings.undo()
        self._rated(request)
        name = f"{self._shown.index(request) + 1} {clean_line(self._name(request), 24)}"
        self._say(f"Undone on {name}: {_told(step.new, room)} → {_told(step.old, room)}")

    def unscored(self) -> list[Request]:
        """The answers in the panes that have no score yet, in the order of their panes."""
        score_of = self._ratings.score_of
        return [
            request for request in self._shown.requests() if _has_answer(request) and score_of(request.spec.id) is None
        ]

    def _name(self, request: Request) -> str:
        """The model's alias, or as much more as tells it from the others of the session."""
        card = self._session.model_of(request).card
        cards = {target.card.key: target.card for target in self._session.models.values()}
        alike = [one for one in cards.values() if one.alias == card.alias]
        return card.alias if len(alike) == 1 else titles(alike)[[one.key for one in alike].index(card.key)]

    def _refusal(self, request: Request | None) -> str:
        """Why a request cannot be rated; empty when it can."""
        if request is not None and not request.state.final:
            return "Wait for the end of this answer, or stop it: then it can be scored."
        if request is None or not _has_answer(request):
            return "There is no answer to score in this pane."
        return "It is being asked again: wait for the new answer." if self._shown.is_replaced(request) else ""


def _told(entry: Score | Note, room: int) -> str:
    """A score or note in words, a note's text in at most `room` characters."""
    if isinstance(entry, Score):
        return "no score" if entry.value is None else f"score {entry.value}"
    return f"note “{clean_line(entry.text, room)}”" if entry.text else "no note"


def _has_answer(request: Request) -> bool:
    return request.state.final and bool(request.answer) and not request.spec.warmup
