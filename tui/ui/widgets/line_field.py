"""Fields for one line of text."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.widgets import Input

from tui.ui.widgets.field_text import FieldText, storable


class LineField(FieldText, Input):
    """One line of text. The lines of pasted text are put into one, and none is lost."""

    def _put(self, text: str) -> None:
        self.replace(" ".join(storable(text).splitlines()), *sorted(self.selection))


class FilterField(LineField):
    """Where words are typed that narrow the list.

    The key that leads here is no word: pressed twice, or while the screen is still being set up, it is passed over.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,down", "submit", "To the list", key_display="enter", id="filter.done"),
    ]

    def on_key(self, event: Key) -> None:
        """Take no slash at the beginning."""
        if event.character == "/" and not self.value:
            event.stop()
            event.prevent_default()
        else:
            super().on_key(event)
