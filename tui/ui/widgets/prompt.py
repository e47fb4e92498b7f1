"""Where the prompt is written."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from tui.core.plans.sample_prompts import SAMPLES
from tui.ui.widgets.field_text import FieldText, storable
from tui.ui.widgets.painted import KeptLines

PLACEHOLDER = "Ask all models…   ↓ offers a question"


class PromptField(KeptLines, FieldText, TextArea):
    """A text field in which Enter runs, ctrl+j makes a new line, and every letter is a letter.

    Pasted text keeps its lines and is asked as it is; what is painted of it is harmless. From the empty field, up goes
    back through what was asked before and down through the samples; what is edited is left alone. What was asked is
    selected when somebody comes back to it, so that the next question takes its place.
    """

    DEFAULT_CSS = """
    PromptField {
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
        Binding("enter", "submit", "run", tooltip="Ask the chosen models", id="prompt.run"),
        Binding("ctrl+j", "new_line", "new line", tooltip="Begin a new line", id="prompt.new-line"),
        Binding("up", "earlier", "earlier", tooltip="In the empty prompt: what was asked before", id="prompt.earlier"),
        Binding("down", "later", "sample", tooltip="In the empty prompt: questions to begin with", id="prompt.later"),
        Binding("f7", "select_all", "all", tooltip="Select all of the text; typing replaces it", id="prompt.all"),
        Binding(
            "escape", "leave", "answers", tooltip="To the answers; the keys of the panes work there", id="prompt.leave"
        ),
    ]

    class Submitted(Message):
        """The prompt shall be run as it stands."""

        def __init__(self, prompt_field: PromptField, text: str) -> None:
            super().__init__()
            self.prompt_field = prompt_field
            self.text = text

        @property
        def control(self) -> PromptField:
            """The box it was written in."""
            return self.prompt_field

    class Left(Message):
        """Whoever wrote is done with the box and wants the focus elsewhere."""

        def __init__(self, prompt_field: PromptField) -> None:
            super().__init__()
            self.prompt_field = prompt_field

        @property
        def control(self) -> PromptField:
            """The box that was left."""
            return self.prompt_field

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(storable(text), id=id, classes=classes, placeholder=PLACEHOLDER, highlight_cursor_line=False)
        self.cursor_blink = False
        self._asked: list[str] = []
        self._offer = 0
        """Below 0 what was asked before, counted back; 0 the empty field; above 0 a sample."""
        self._left = False
        """Whether nobody has come back since the text was asked."""

    def fill(self, text: str) -> None:
        """Put text from outside into the box, the cursor behind it."""
        self.load_text(storable(text))
        self.move_cursor(self.document.end)

    def remember(self, text: str) -> None:
        """This was asked."""
        text = storable(text)
        if text.strip() and self._asked[-1:] != [text]:
            self._asked.append(text)
        if text != self._offered(self._offer):
            self._offer = -1
        self._left = True
        self._say_where_from(focused=self.has_focus)

    def come_back(self) -> None:
        """Take the focus; what was asked last is selected."""
        self._left = True
        if self.has_focus:
            self.on_focus()
        else:
            self.focus()

    def on_focus(self) -> None:
        """Once after each question: a terminal that is looked at again gives the focus as well."""
        if self._left and self._asked[-1:] == [self.text]:
            self.select_all()
        self._left = False
        self._say_where_from(focused=True)

    def on_blur(self) -> None:
        """Its keys are others' now."""
        self._say_where_from(focused=False)

    def on_key(self, event: events.Key) -> None:
        """Enter is no text here."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_submit()

    def action_submit(self) -> None:
        """Ask for a run. Whoever runs it says what is wrong with an empty prompt."""
        self.remember(self.text)
        self.post_message(self.Submitted(self, self.text))

    def action_earlier(self) -> None:
        """A line up; from the first line of what was offered, to what was asked before it."""
        if not self._step(-1):
            self.action_cursor_up()

    def action_later(self) -> None:
        """A line down; from the last line of what was offered, to the next offer."""
        if not self._step(1):
            self.action_cursor_down()

    def action_new_line(self) -> None:
        """Begin a new line at the cursor."""
        self._put("\n")

    def action_leave(self) -> None:
        """Hand the focus on."""
        self.post_message(self.Left(self))

    def _step(self, step: int) -> bool:
        """To the next offer; False when the field holds something of its own, or the cursor has lines to go."""
        if self.text != self._offered(self._offer):
            self._offer = 0
        edge = self.document.line_count - 1 if step > 0 else 0
        if self.text != self._offered(self._offer) or self.cursor_location[0] != edge:
            return False
        self._offer = min(max(self._offer + step, -len(self._asked)), len(SAMPLES))
        self.fill(self._offered(self._offer))
        return True

    def _offered(self, place: int) -> str:
        if place > 0:
            return SAMPLES[place - 1]
        return self._asked[place] if -len(self._asked) <= place < 0 else ""

    def on_text_area_changed(self) -> None:
        """It may no longer be what was offered."""
        self._say_where_from(focused=self.has_focus)

    def _say_where_from(self, *, focused: bool) -> None:
        """Say where an offered text comes from, as long as it is not edited and the keys are the field's."""
        offered = focused and bool(self._offer) and self.text == self._offered(self._offer)
        place = f"sample {self._offer} of {len(SAMPLES)}" if self._offer > 0 else "asked before"
        self.border_subtitle = f"{place} · ↑↓ others · enter runs" if offered else ""

    def _put(self, text: str) -> None:
        done = self.replace(storable(text), *self.selection, maintain_selection_offset=False)
        self.move_cursor(done.end_location)
