"""Fields for one line of text."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui.ui.widgets.field_text import FieldText, storable


class LineField(FieldText, Input):
    """One line of text. The lines of pasted text are put into one, and none is lost."""

    def _put(self, text: str) -> None:
        self.replace(" ".join(storable(text).splitlines()), *sorted(self.selection))


class FilterField(LineField):
    """Where words are typed that narrow the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "To the list", key_display="enter", id="filter.done"),
        Binding("escape", "submit", "To the list", show=False, id="filter.leave"),
        Binding("down", "submit", "To the list", show=False, id="filter.down"),
    ]
