"""Where the prompt is written."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from tui.core.clean import clean

PLACEHOLDER = "Ask all models…"


class PromptBox(TextArea):
    """A text field in which Enter runs, ctrl+j makes a new line, and every letter is a letter.

    Pasted text keeps its lines and passes `clean()`, so that what is asked is what is seen.
    """

    DEFAULT_CSS = """
    PromptBox {
        height: auto;
        min-height: 3;
        max-height: 8;
        padding: 0 1;
        background: $surface;
        color: $foreground;
        border: round $secondary;
        scrollbar-size-vertical: 1;
        & .text-area--placeholder { color: $text-muted; }
        & .text-area--cursor-line { background: $surface; }
        &:focus { border: heavy $accent; }
        &:ansi .text-area--placeholder { color: ansi_default; text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "run", id="prompt.run"),
        Binding("ctrl+j", "new_line", "new line", id="prompt.new-line"),
        Binding("escape", "leave", "to the answers", id="prompt.leave"),
    ]

    class Submitted(Message):
        """The prompt shall be run as it stands."""

        def __init__(self, prompt_box: PromptBox, text: str) -> None:
            super().__init__()
            self.prompt_box = prompt_box
            self.text = text

        @property
        def control(self) -> PromptBox:
            """The box it was written in."""
            return self.prompt_box

    class Left(Message):
        """Whoever wrote is done with the box and wants the focus elsewhere."""

        def __init__(self, prompt_box: PromptBox) -> None:
            super().__init__()
            self.prompt_box = prompt_box

        @property
        def control(self) -> PromptBox:
            """The box that was left."""
            return self.prompt_box

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(clean(text), id=id, classes=classes, placeholder=PLACEHOLDER, highlight_cursor_line=False)
        self.cursor_blink = False

    def fill(self, text: str) -> None:
        """Put text from outside into the box, cleaned, the cursor behind it."""
        self.load_text(clean(text))
        self.move_cursor(self.document.end)

    def on_key(self, event: events.Key) -> None:
        """Enter and ctrl+j act here, in their turn: as bindings they would overtake keys that still wait."""
        act = {"enter": self.action_submit, "ctrl+j": self.action_new_line}.get(event.key)
        if act is not None:
            event.stop()
            event.prevent_default()
            act()

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted text over the selection, cleaned, with its lines."""
        event.stop()
        event.prevent_default()
        self._put(event.text)

    def action_paste(self) -> None:
        """Paste what was copied within the program."""
        self._put(self.app.clipboard)

    def action_submit(self) -> None:
        """Ask for a run. Whoever runs it says what is wrong with an empty prompt."""
        self.post_message(self.Submitted(self, self.text))

    def action_new_line(self) -> None:
        """Begin a new line at the cursor."""
        self._put("\n")

    def action_leave(self) -> None:
        """Hand the focus on."""
        self.post_message(self.Left(self))

    def _put(self, text: str) -> None:
        # Terminals paste lines with any of the three line ends.
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        done = self.replace(clean(lines), *self.selection, maintain_selection_offset=False)
        self.move_cursor(done.end_location)
