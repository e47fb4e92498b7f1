"""A longer text to read."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.clean import clean, clean_line


class TextScreen(ModalScreen[None]):
    """Shows text from outside, as it is; any of the usual keys closes it."""

    DEFAULT_CSS = """
    TextScreen { align: center middle; }
    TextScreen VerticalScroll {
        width: 92; max-width: 96%; height: auto; max-height: 92%; padding: 0 2; border: round $primary;
        background: $surface; scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,i,q,enter", "dismiss", "Close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """The text on a page that scrolls."""
        with VerticalScroll() as page:
            title = Content(clean_line(self._title, 60))
            page.border_title = title
            page.border_subtitle = "esc closes"
            yield Static(Content(clean(self._text)), markup=False)
