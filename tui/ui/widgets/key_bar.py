"""The keys that do something here, in one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.cells import cell_len
from textual.binding import ActiveBinding, Binding
from textual.events import Click
from textual.keys import key_to_character
from textual.screen import Screen

from tui.ui import modes
from tui.ui.actions import APP, NO_KEY, shown_key
from tui.ui.widgets.painted import Painted, Row

if TYPE_CHECKING:
    from tui.ui.mode_screen import ModeScreen

FirstKey = tuple[str, str]
"""The id of an action, empty for what esc does, and a word for what its key does as long as it counts most."""
_ALWAYS = [item.action for item in reversed(APP) if item.always]
"""The actions whose keys are shown however little room there is: the way out, and all keys."""
KEY, WORD, OFF = "key-row--key", "key-row--word", "key-row--off"


@dataclass(frozen=True, slots=True)
class Hint:
    """One key in the bar. `start` is its first cell in the row, `stop` the one after its last. What is not possible now
    says why when its key is pressed."""

    key: str
    shown: str
    word: str
    start: int
    stop: int
    possible: bool = True

    @property
    def pieces(self) -> Row:
        """How it is painted. Brackets say without colours what is not possible."""
        if not self.possible:
            return ((f"({self.shown} {self.word}) ", OFF),)
        return ((self.shown, KEY), (f" {self.word} ", WORD))


class KeyBar(Painted):
    """Follows the focus, as Textual's footer does, which makes a widget of each key: half the cost of a first frame.

    What cannot be done now is greyed, and stands where it would stand else; but what can be done has the room first.
    What has no room is left out, but for the keys that always stay.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        background: $footer-background;
        & .painted--text { background: $footer-background; }
        & .key-row--key { color: $footer-key-foreground; background: $footer-key-background; text-style: bold; }
        & .key-row--word { color: $footer-description-foreground; background: $footer-description-background; }
        & .key-row--off { color: $text-muted; background: $footer-description-background; }
        &:ansi .key-row--off { color: ansi_default; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {KEY, WORD, OFF}

    def __init__(self) -> None:
        super().__init__()
        self._hints: list[Hint] = []

    def on_mount(self) -> None:
        """Begin to follow."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """Key and word, key and word."""
        self._hints = self._found(width)
        return (tuple(piece for hint in self._hints for piece in hint.pieces),)

    def on_click(self, event: Click) -> None:
        """A click on a hint is its key."""
        hint = next((hint for hint in self._hints if hint.start <= event.x < hint.stop), None)
        if hint is not None:
            self.app.simulate_key(hint.key)

    def _follow(self, screen: Screen[Any]) -> None:
        if screen is self.screen and self.is_attached:
            self.repaint()

    def _found(self, width: int) -> list[Hint]:
        screen = cast("ModeScreen", self.screen)
        leading = [active for active in screen.active_bindings.values() if self._leads_there(active.binding)]
        first = _bound(screen.first_keys(), [active.binding for active in leading if active.enabled])
        taken = {binding.action for binding in first}
        offered: dict[str, ActiveBinding] = {}
        for active in leading:  # Of several keys for one action the first.
            if active.binding.show and active.binding.action not in taken:
                offered.setdefault(active.binding.action, active)
        rest = list(offered.values())
        if screen.next_key_answers:
            rest = [active for active in rest if active.binding.priority]
        says_why = {action.id for action in (*screen.ACTIONS, *modes.EVERYWHERE) if action.explains}
        shown = [(binding, True) for binding in first]
        shown += [(one.binding, one.enabled) for one in rest if one.enabled or one.binding.id in says_why]
        kept = [one for action in _ALWAYS for one in shown if one[0].action == action]
        shown = [one for one in shown if one not in kept]
        room = width + 1 - sum(self._cells(*one) for one in kept)
        fitting: list[tuple[Binding, bool]] = []
        for one in sorted(shown, key=lambda one: not one[1]):
            if (cells := self._cells(*one)) <= room:
                room -= cells
                fitting.append(one)
        hints: list[Hint] = []
        start = 0
        for binding, possible in (*(one for one in shown if one in fitting), *kept):
            stop = start + self._cells(binding, possible)
            key_shown = self.app.get_key_display(binding)
            hints.append(Hint(binding.key, key_shown, binding.description, start, stop, possible))
            start = stop
        return hints

    def _leads_there(self, binding: Binding) -> bool:
        """Whether the key does it here. A keymap may give an action no key, or one that is a letter in a field."""
        focused, character = self.screen.focused, key_to_character(binding.key)
        typed = focused is not None and not binding.priority and focused.check_consume_key(binding.key, character)
        return binding.key != NO_KEY and not typed

    def _cells(self, binding: Binding, possible: bool) -> int:
        brackets = 0 if possible else 2
        return cell_len(self.app.get_key_display(binding)) + cell_len(binding.description) + 2 + brackets


def _bound(first_keys: Sequence[FirstKey], known: Sequence[Binding]) -> list[Binding]:
    """The bindings of these actions, each with its word; none of what has no key here. Of two for one key the first."""
    found: dict[str, Binding] = {}
    for id_, word in first_keys:
        binding = next((one for one in known if one.id == id_), None) if id_ else Binding("escape", "esc", "")
        if binding is not None:
            # What the action's usual key is called is no name for another one.
            shown = binding.key_display if binding.show else shown_key(binding.key)
            found.setdefault(binding.key, replace(binding, description=word, key_display=shown))
    return list(found.values())
