"""Text fields hold what was typed and pasted as it is; what they paint passes the gate."""

from __future__ import annotations

import unicodedata

from rich.segment import Segment
from rich.style import Style
from textual.events import Key, Paste
from textual.strip import Strip

from tui.core.text.clean import clean_line, join_surrogates
from tui.ui.widgets.painted import WidgetMixin


class FieldText(WidgetMixin):
    """What text fields do alike. A subclass says in `_put` how text takes the place of the selection."""

    def _put(self, text: str) -> None:
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """A row, harmless."""
        return shown(super().render_line(y))

    def on_key(self, event: Key) -> None:
        """Text that Textual takes for none."""
        text = text_of(event)
        if text is not None and not event.is_printable:
            event.stop()
            event.prevent_default()
            self._put(text)

    def on_paste(self, event: Paste) -> None:
        """Take pasted text over the selection."""
        event.stop()
        event.prevent_default()
        self._put(event.text)

    def action_paste(self) -> None:
        """Paste what was copied within the program."""
        self._put(self.app.clipboard)


def text_of(key: Key) -> str | None:
    """The text that a key types, None when it types none.

    Textual takes joiners, which Persian and Hindi need, and spaces that hold words together for no text.
    """
    if key.character is None or key.is_printable:
        return key.character
    return key.character if len(key.character) == 1 and unicodedata.category(key.character) in ("Cf", "Zs") else None


def storable(text: str) -> str:
    """Pasted text with one kind of line end, and without halves of characters, which no file or request can hold."""
    return join_surrogates(text.replace("\r\n", "\n").replace("\r", "\n"))


def shown(strip: Strip) -> Strip:
    """A row of a text field as it may be painted: as wide as before, and harmless."""
    # As a whole first: whether a joiner is meant depends on what is beside it.
    if clean_line(strip.text) == strip.text:
        return strip
    pieces = [Segment(clean_line(text), style, control) for text, style, control in strip]
    # A style in any case: what paints a field that takes no text looks into it.
    return Strip(pieces).adjust_cell_length(strip.cell_length, pieces[-1].style or Style.null())
