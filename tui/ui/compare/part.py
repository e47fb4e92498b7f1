"""What the parts of the Compare screen have in common: each is one thing a person does there."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from tui.core.plans.prompt import Prompt
    from tui.core.requests.request import Request
    from tui.ui.compare.asked import Asked
    from tui.ui.compare.screen import CompareScreen
    from tui.ui.widgets.answer.pane import PaneData
    from tui.ui.widgets.answer.view import AnswerView
    from tui.ui.widgets.key_bar import FirstKey


_MOST_STEPS = 10
"""How many things a part may have open at once, one in the other."""
StatusNote = str | tuple[str, ...]
"""A few words, or these and ever fewer for where there is too little room; none then where they are empty."""


class ScreenPart:
    """Has a method for each action that the table gives to it (`tui.ui.actions`). Made once there is a comparison.

    What it does not need it leaves as it stands here.
    """

    def __init__(self, screen: CompareScreen) -> None:
        self.screen = screen

    def asks(self) -> str:
        """What stands in the status line while the next key is this part's, as a sentence; empty when it is not."""
        return ""

    def on_key(self, event: events.Key) -> bool:
        """Take a key before anything is bound to it. Returns whether it was taken."""
        return False

    def ask_no_more(self) -> None:
        """Somebody goes elsewhere: the key that comes after that is no answer to what was asked here before."""

    def refuses(self, action: str) -> str:
        """Why an action of the screen's parts cannot be done now, as a sentence; empty when this part allows it."""
        return ""

    def leave(self) -> bool:
        """End what esc ends, such as a search. Returns whether there was something to end."""
        return False

    def first_keys(self) -> Sequence[FirstKey]:
        """The keys that count while this part is at work and the answers have the focus, for the key bar."""
        return ()

    def says(self) -> str:
        """What stands in the status line while this part is at work, in the place of the status; empty when it is
        not."""
        return ""

    def decided(self) -> Awaitable[None] | None:
        """Something was said of an answer, or taken back."""
        return None

    def put_away(self) -> None:
        """End all that esc would end: another comparison takes the place of the one that is shown."""
        for _ in range(_MOST_STEPS):
            if not self.leave():
                return

    def notes(self) -> Sequence[StatusNote]:
        """What stands in the status line about this part, in a few words each."""
        return ()

    def shown(self, data: PaneData, request: Request) -> PaneData:
        """The pane of a request as this part wants it to be painted."""
        return data

    def scrolled(self, view: AnswerView) -> None:
        """A person moved through an answer."""

    def wanted(self, asked: Asked) -> Asked:
        """What is asked next, as this part wants it. Raises CompareError when it cannot be asked so."""
        return asked

    def next_prompt(self) -> Prompt | None:
        """What is next to be asked, of a part that knows; None of others."""
        return None

    def begun(self, asked: Asked) -> None:
        """A run has begun that asks this."""

    def rebuilt(self) -> None:
        """Other panes may be there, or other answers in them."""
