"""Blind review: asking so that nobody sees which model answers where, and revealing it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from tui.ui.actions import COMPARE
from tui.ui.compare.messages import ConcealmentChanged
from tui.ui.compare.part import ScreenPart, StatusNote
from tui.ui.compare.screen import CompareScreen

_TELLS = {action.name: action.tells for action in COMPARE if action.tells}
"""Why actions that would tell which model is which are not done."""


class Blind(ScreenPart):
    """Hides names from the next question on, and reveals them."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._asks = False

    async def blind(self) -> None:
        """The next question is asked blind, or no longer."""
        screen = self.screen
        screen.next_run.blind = screen.view.ahead = not screen.next_run.blind
        await screen.rebuild()
        screen.say(self._said())

    def reveal(self) -> None:
        """Ask whether to reveal the models of all answers."""
        if not self.screen.presenter.questions.all:
            self.screen.say("Nothing has been asked yet.")
            return
        if self.screen.view.busy:
            self.screen.say("Wait until all answers are there, or stop them with X: V reveals after that.")
            return
        self._asks = True
        self.screen.show_status()

    def asks(self) -> str:
        """Whether to reveal."""
        return "Reveal the models? Scores from then on are not blind. y reveals, esc leaves." if self._asks else ""

    def on_key(self, event: events.Key) -> bool:
        """The answer to that; any other key than y leaves everything hidden."""
        if not self._asks:
            return False
        self._asks = False
        if event.key == "y":
            self.screen.view.reveal(self.screen.ratings)
            self.screen.say("")
            self.screen.wake()
        self.screen.show_status()
        return True

    def ask_no_more(self) -> None:
        """Nothing is revealed."""
        self._asks = False

    def refuses(self, action: str) -> str:
        """Why an action is not done while names are hidden, as a sentence; empty when it is."""
        return _TELLS.get(action, "") if self.screen.view.concealed else ""

    def notes(self) -> Sequence[StatusNote]:
        """Whether names are hidden, here and in the next question; how many notices are held back."""
        concealed, held = self.screen.view.concealed, len(self.screen.app_state.held)
        waits = f"{held} notice{'s' * (held > 1)} held until V" if held else ""
        if not concealed:
            return (("blind from the next question on", "next is blind"),) if self.screen.next_run.blind else ()
        if self.screen.next_run.blind or self.screen.commands is None:
            return ("blind", waits)
        return (("blind, the next question is not", "blind, next is not"), waits)

    def rebuilt(self) -> None:
        """Names may be hidden, or shown, that were not before."""
        self._follow()

    def _follow(self) -> None:
        state, concealed = self.screen.app_state, self.screen.view.concealed
        sealed = concealed and bool(self.screen.presenter.questions.all)
        if (state.concealed, state.sealed) != (concealed, sealed):
            state.concealed, state.sealed = concealed, sealed
            self.screen.post_message(ConcealmentChanged())

    def _said(self) -> str:
        if not self.screen.next_run.blind:
            return "The next question is not blind."
        seen = bool(self.screen.presenter.questions.all) and not self.screen.view.concealed
        return "Blind from the next question on" + ("; what is here has been seen." if seen else ".")
