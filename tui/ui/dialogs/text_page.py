"""Shows a longer text on a page that scrolls."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static

from tui.core.text.clean import clean, clean_line


class TextPageDialog(ModalScreen[None]):
    """Shows a text that has passed `clean()`. The usual keys close it, and so does the key that opened it."""

    DEFAULT_CSS = """
    TextPageDialog { align: center middle; }
    TextPageDialog VerticalScroll {
        width: 92; max-width: 96%; height: auto; max-height: 92%; padding: 0 2; border: round $primary;
        background: $surface; scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark,i,v", "dismiss", "close", tooltip="Close the page", id="page.close")
    ]

    def __init__(self, title: str, text: Content, *, markdown: str = "") -> None:
        """`markdown` is a longer text below it, raw; its links do nothing."""
        super().__init__()
        self._markdown = clean(markdown)
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """The text on a page that scrolls."""
        with VerticalScroll() as page:
            page.border_title = Content(clean_line(self._title, 60))
            page.border_subtitle = "esc closes"
            yield Static(self._text, markup=False)
            if self._markdown:
                yield Markdown(self._markdown, open_links=False)
