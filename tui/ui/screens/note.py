"""A note on one answer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from tui.core.clean import clean_line


class NoteScreen(ModalScreen[str | None]):
    """Gives back the note's text, or None when it was left as it was."""

    DEFAULT_CSS = """
    NoteScreen { align: center middle; }
    NoteScreen Vertical {
        width: 72; max-width: 96%; height: auto; padding: 0 1; border: round $primary; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Leave it as it was")]

    def __init__(self, about: str, text: str) -> None:
        super().__init__()
        self._about = about
        self._text = text

    def compose(self) -> ComposeResult:
        """One line of text."""
        with Vertical():
            yield Label(clean_line(f"Note on {self._about}", 66), markup=False)
            yield Input(clean_line(self._text), placeholder="enter keeps it, empty takes it back, esc leaves it")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the note."""
        self.dismiss(event.value.strip())
