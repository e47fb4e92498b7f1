"""Asks for a line of text."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from tui.core.text.clean import clean_line
from tui.ui.widgets.line_field import LineField


class TextInputDialog(ModalScreen[str | None]):
    """Returns the line without spaces around it, or None when it was closed with esc. Where a
    line is needed it stays while there is none: what is typed next would be read as keys."""

    DEFAULT_CSS = """
    TextInputDialog { align: center middle; }
    TextInputDialog Vertical {
        width: 72; max-width: 96%; height: auto; padding: 0 1; border: round $primary; background: $surface;
    }
    TextInputDialog #wrong { color: $error; height: auto; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close", tooltip="Leave it as it was", id="line.leave")
    ]

    def __init__(self, title: str, text: str, placeholder: str, *, needed: bool = False) -> None:
        """`needed` says that an empty line means nothing."""
        super().__init__()
        self._needed = needed
        self._title = title
        self._text = text
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """One line of text."""
        with Vertical():
            yield Label(clean_line(self._title, 66), markup=False)
            yield LineField(self._text, placeholder=self._placeholder)
            yield Static("Nothing is typed yet; esc leaves.", id="wrong", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return what was typed."""
        text = event.value.strip()
        if text or not self._needed:
            self.dismiss(text)
        else:
            self.query_one("#wrong").display = True
