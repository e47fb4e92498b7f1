"""The keys that move through an answer, in its view and in its pane."""

from __future__ import annotations

from typing import Protocol

from textual.binding import Binding, BindingType
from textual.geometry import Offset

MOVES: list[BindingType] = [
    Binding("up", "scroll_up", "up", show=False, id="answer.up"),
    Binding("down", "scroll_down", "down", show=False, id="answer.down"),
    Binding("pageup", "page_up", "page up", show=False, id="answer.page-up"),
    Binding("pagedown", "page_down", "page down", show=False, id="answer.page-down"),
    Binding("home", "scroll_home", "start", show=False, id="answer.start"),
    Binding("end", "scroll_end", "end", show=False, id="answer.end"),
]


class Movable(Protocol):
    """Rows, of which some are in sight."""

    @property
    def scroll_offset(self) -> Offset:
        """The first row in sight, as `y`."""

    @property
    def max_scroll_y(self) -> int:
        """The last row that can be the first in sight."""

    @property
    def page(self) -> int:
        """How many rows a page moves by."""

    def go(self, row: int) -> None:
        """Have this row at the top."""


class Moves:
    """The actions of the keys; they go before those that every widget has."""

    @property
    def moving(self) -> Movable:
        """What they move."""
        raise NotImplementedError

    def action_scroll_up(self) -> None:
        """One row up."""
        self._by(-1)

    def action_scroll_down(self) -> None:
        """One row down."""
        self._by(1)

    def action_page_up(self) -> None:
        """One page up."""
        self._by(-self.moving.page)

    def action_page_down(self) -> None:
        """One page down."""
        self._by(self.moving.page)

    def action_scroll_home(self) -> None:
        """To the start."""
        self.moving.go(0)

    def action_scroll_end(self) -> None:
        """To the end, and on with it as it grows."""
        self.moving.go(self.moving.max_scroll_y)

    def _by(self, rows: int) -> None:
        self.moving.go(self.moving.scroll_offset.y + rows)
