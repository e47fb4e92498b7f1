"""Gives scores and notes from the keyboard to the answers in the panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from tui.core.requests.request import Request
from tui.core.scoring.rating import RatingsOf, last_criterion, next_criterion
from tui.core.sessions.view import RatingCommands
from tui.ui.compare.presenter import PaneModel, Presenter
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.widgets.pane_grid import PaneGrid


class NoteDialog(TextInputDialog):
    """Gives back the note's text, or None when it was left as it was."""

    def __init__(self, about: str, text: str) -> None:
        super().__init__(f"Note on {about}", text, "enter keeps it, empty takes it back, esc leaves it")


class Scoring:
    """Scores, notes and undo on one screen."""

    def __init__(
        self,
        screen: Screen[Any],
        row: PaneGrid[PaneModel],
        presenter: Presenter,
        ratings: RatingsOf,
        commands: RatingCommands,
        *,
        rated: Callable[[Request], None],
        say: Callable[[str], None],
    ) -> None:
        """`rated` is called with each request whose score or note has changed, `say` with a sentence that is shown in a
        line which covers no answer."""
        self._screen = screen
        self._row = row
        self._presenter = presenter
        self._ratings = ratings
        self._commands = commands
        self._rated = rated
        self._say = say

    def score(self, value: int) -> None:
        """Score the focused answer; 0 takes the score back."""
        request = self._focused()
        if (refusal := self._presenter.why_not_scored(request)) or request is None:
            self._say(refusal)
            return
        run, scores = request.spec.id, self._ratings.scores_of(request.spec.id)
        criterion = next_criterion(scores) if value else last_criterion(scores)
        self._commands.score(run, value or None, (self._row.focused_index or 0) + 1, criterion)
        self._rated(request)

    def note(self) -> None:
        """Ask for a note on the focused answer. A refusal is a dialog, which takes the keys too: text that is typed
        after it must not act as keys."""
        request = self._focused()
        if (refusal := self._presenter.why_not_scored(request)) or request is None:
            self._screen.app.push_screen(ChoiceDialog("There can be no note yet", refusal, [("enter", "goes back")]))
            return

        def keep(text: str | None) -> None:
            if text is not None:
                self._commands.note(request.spec.id, text)
                self._rated(request)

        name, text = self._presenter.name_of(request), self._ratings.note_of(request.spec.id)
        self._screen.app.push_screen(NoteDialog(name, text), keep)

    def undo(self) -> None:
        """Take back the last score or note, if its answer is in sight."""
        change = self._commands.last
        if change is None:
            self._say("There is nothing to undo.")
            return
        panes, quoted = list(self._row.panes), max((self._screen.size.width - 56) // 2, 8)
        if refusal := self._presenter.why_not_undone(change, panes, self._row.in_sight, quoted):
            self._say(refusal)
            return
        self._commands.undo()
        self._rated(self._presenter.request_of(change))
        self._say(self._presenter.undone(change, panes, quoted))

    def _focused(self) -> Request | None:
        return self._presenter.request_in(list(self._row.panes), self._row.focused_index)
