"""Scrolling the panes together."""

from __future__ import annotations

from enum import Enum

from tui.ui.compare.part import ScreenPart
from tui.ui.compare.screen import CompareScreen
from tui.ui.widgets.answer.view import AnswerView


class Together(Enum):
    """How the other panes follow the one that is scrolled. The value says it in the status line."""

    OFF = ""
    PROPORTION = "together, in proportion · s"
    PARAGRAPH = "together, by paragraph · s"


class Scrolling(ScreenPart):
    """The panes in sight follow the one that a person moves through."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._how = Together.OFF

    def change(self) -> None:
        """Off, in proportion, by paragraph, and off again. The others come to where the focused pane is at once."""
        ways = list(Together)
        self._how = ways[(ways.index(self._how) + 1) % len(ways)]
        index = self.screen.grid.focused_index
        if index is not None:
            self.scrolled(list(self.screen.grid.panes.values())[index].view)
        self.screen.say("" if self._how is not Together.OFF else "Each pane scrolls by itself.")

    def notes(self) -> tuple[str, ...]:
        """How they follow."""
        return (self._how.value,)

    def scrolled(self, view: AnswerView) -> None:
        """Have the others follow."""
        panes = list(self.screen.grid.panes.values())
        for index in self.screen.grid.in_sight:
            other = panes[index].view
            if other is view:
                continue
            if self._how is Together.PROPORTION:
                other.scroll_to_fraction(view.fraction)
            elif self._how is Together.PARAGRAPH:
                other.scroll_to_paragraph(*view.paragraph)
