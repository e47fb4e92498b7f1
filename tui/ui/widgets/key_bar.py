"""The keys that do something here, in one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.events import Click
from textual.screen import Screen

from tui.ui.actions import APP
from tui.ui.widgets.painted import Painted, Row

_ALWAYS = [item.action for item in reversed(APP) if item.always]
"""The actions whose keys are shown however little room there is: the way out, and all keys."""
KEY, WORD = "key-row--key", "key-row--word"


@dataclass(frozen=True, slots=True)
class Hint:
    """One key in the bar. `start` is its first cell in the row, `stop` the one after its last."""

    key: str
    shown: str
    word: str
    start: int
    stop: int


class KeyBar(Painted):
    """Follows the focus, as Textual's footer does, which makes a widget of each key: half the cost of a first frame.

    A key whose action cannot be done is not shown. What has no room is left out, but for the keys that always stay.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        background: $footer-background;
        & .painted--text { background: $footer-background; }
        & .key-row--key { color: $footer-key-foreground; background: $footer-key-background; text-style: bold; }
        & .key-row--word { color: $footer-description-foreground; background: $footer-description-background; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {KEY, WORD}

    def __init__(self) -> None:
        super().__init__()
        self._hints: list[Hint] = []

    def on_mount(self) -> None:
        """Begin to follow."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """Key and word, key and word."""
        self._hints = self._found(width)
        pieces = [piece for hint in self._hints for piece in ((hint.shown, KEY), (f" {hint.word} ", WORD))]
        return (tuple(pieces),)

    def on_click(self, event: Click) -> None:
        """A click on a hint is its key."""
        hint = next((hint for hint in self._hints if hint.start <= event.x < hint.stop), None)
        if hint is not None:
            self.app.simulate_key(hint.key)

    def _follow(self, screen: Screen[Any]) -> None:
        if screen is self.screen and self.is_attached:
            self.repaint()

    def _found(self, width: int) -> list[Hint]:
        offered = {
            active.binding.action: active.binding
            for active in reversed(self.screen.active_bindings.values())
            if active.binding.show and active.enabled
        }
        hints: list[Hint] = []
        kept = [offered.pop(action) for action in _ALWAYS if action in offered]
        room = width + 1 - sum(map(self._cells, kept))
        start = 0
        for binding in (*reversed(offered.values()), *kept):
            stop = start + self._cells(binding)
            if stop <= room or binding in kept:
                shown = self.app.get_key_display(binding)
                hints.append(Hint(binding.key, shown, binding.description, start, stop))
                start = stop
        return hints

    def _cells(self, binding: Binding) -> int:
        return cell_len(self.app.get_key_display(binding)) + cell_len(binding.description) + 2
