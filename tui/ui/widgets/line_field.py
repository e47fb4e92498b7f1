"""Fields for one line of text."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widgets import Input

from tui.ui.widgets.field_text import shown, storable, text_of


class LineField(Input):
    """One line of text. The lines of pasted text are put into one, and none is lost."""

    def render_line(self, y: int) -> Strip:
        """The row, harmless."""
        return shown(super().render_line(y))

    def on_key(self, event: events.Key) -> None:
        """Text that Textual takes for none."""
        text = text_of(event)
        if text is not None and not event.is_printable:
            event.stop()
            event.prevent_default()
            self._put(text)

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted text over the selection."""
        event.stop()
        event.prevent_default()
        self._put(event.text)

    def action_paste(self) -> None:
        """Paste what was copied within the program."""
        self._put(self.app.clipboard)

    def _put(self, text: str) -> None:
        self.replace(" ".join(storable(text).splitlines()), *sorted(self.selection))


class FilterField(LineField):
    """Where words are typed that narrow the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "To the list", key_display="enter", id="filter.done"),
        Binding("escape", "submit", "To the list", show=False, id="filter.leave"),
        Binding("down", "submit", "To the list", show=False, id="filter.down"),
    ]
