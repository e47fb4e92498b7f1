"""Where the prompt is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from tui.core.plans.sample_prompts import SAMPLES
from tui.core.text.clean import clean, clean_line
from tui.ui.cells import cells_needed, cut
from tui.ui.widgets.field_text import FieldText, storable
from tui.ui.widgets.painted import KeptLines

PLACEHOLDER = "Ask all models…   ↓ offers a question"
ONE_ROW = "›"
"""What a field of one row begins with, which has no frame to tell it by."""
_NEXT = "   next: "
"""What stands before a text that was not asked yet, behind the question whose answers are read."""
_SHORTEST_NEXT = 12
"""Cells that it takes at least: of less nobody sees which text it is."""
_MOST_ROWS = 8
"""Rows that the field has at most, with its frame."""
_MOST_PAINTED = 4000
"""Characters that are looked at to paint a few rows."""


class PromptField(KeptLines, FieldText, TextArea):
    """A text field in which Enter runs, ctrl+j makes a new line, and every letter is a letter.

    Pasted text keeps its lines and is asked as it is; what is painted of it is harmless. From the empty field, up goes
    back through what was asked before and down through the samples; what is edited is left alone. What was asked is
    selected when somebody comes back to it, so that the next question takes its place.

    While answers are read, the question that they are to can stand in its place (`stand_in`); the text stays as it is.
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
        &.-one-row { height: 1; min-height: 1; border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "run", tooltip="Ask the chosen models", id="prompt.run"),
        Binding("ctrl+j", "new_line", "new line", tooltip="Begin a new line", id="prompt.new-line"),
        Binding("up", "earlier", "earlier", tooltip="In the empty prompt: what was asked before", id="prompt.earlier"),
        Binding("down", "later", "sample", tooltip="In the empty prompt: questions to begin with", id="prompt.later"),
        Binding("ctrl+u", "clear_all", "clear", tooltip="Clear all of it; again brings it back", id="prompt.clear"),
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
        self._has_earlier = False
        """Whether what was asked in earlier sittings is offered."""
        self._cleared = ""
        """What was cleared last."""
        self._stand_in = ""
        self._wrapped_at: int | None = None
        """The width that all of the text was wrapped at."""

    @property
    def one_row(self) -> bool:
        """Whether the field is as low as it can be, showing how its text begins: its rows are needed elsewhere."""
        return self.has_class("-one-row")

    @one_row.setter
    def one_row(self, wanted: bool) -> None:
        self.set_class(wanted, "-one-row")

    @property
    def stand_in(self) -> str:
        """The question that is painted in the place of the text; empty for none."""
        return self._stand_in

    @stand_in.setter
    def stand_in(self, question: str) -> None:
        if question != self._stand_in:
            self._stand_in = question
            self._say_where_from(focused=self.has_focus)
            self.refresh(layout=not self.one_row and self._rows_wanted() != self.size.height)

    @property
    def _stands_in(self) -> bool:
        """Whether something else is painted than the text."""
        return bool(self._stand_in) and storable(self._stand_in) != self.text

    @property
    def _waits(self) -> bool:
        """Whether the text that is not painted has not been asked."""
        return self._stands_in and bool(self.text.strip()) and self._asked[-1:] != [self.text]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there is to be painted."""
        if self._stands_in and not self.one_row:
            return len(self._question_rows(width))
        return super().get_content_height(container, viewport, width)

    def _rows_wanted(self) -> int:
        """As many rows as there is to be painted, for the width that the field has."""
        return len(self._question_rows(self.size.width)) if self._stands_in else self.wrapped_document.height

    def render_line(self, y: int) -> Strip:
        """A row of the text, or of the question that stands in its place; of a field that has one row, the beginning,
        wherever the cursor is."""
        width, height = self.size
        if self.one_row and not y:
            return self._plain(self._beginning(width))
        if not self._stands_in:
            return super().render_line(y)
        rows = self._question_rows(width)
        row = rows[y] if y < len(rows) else ""
        return self._plain(cut(f"{row} …", width) if y == height - 1 and len(rows) > height else row)

    def _beginning(self, width: int) -> str:
        """What one row has room for: the question that is read, and behind it what was not asked yet."""
        text = clean_line(self.text[: 8 * width])
        question = clean_line(self._stand_in[: 8 * width])
        row = cut(f"{ONE_ROW} {question or text or PLACEHOLDER}", width)
        room = width - cells_needed(row) - len(_NEXT)
        return f"{row}{_NEXT}{cut(text, room)}" if self._waits and room >= _SHORTEST_NEXT else row

    def _question_rows(self, width: int) -> list[str]:
        return [row.plain for row in Content(clean(self._stand_in[:_MOST_PAINTED])).wrap(max(width, 1))] or [""]

    def _plain(self, row: str) -> Strip:
        return Strip([Segment(row, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)

    def load_text(self, text: str) -> None:
        """As the base class's, which wraps all of it."""
        super().load_text(text)
        self._wrapped_at = self.wrap_width

    def watch_show_vertical_scrollbar(self) -> None:
        """The base class has wrapped all of the text beside the scroll bar that has come, or without it."""
        self._wrapped_at = self.wrap_width

    def on_resize(self, event: events.Resize) -> None:
        """Keep the base class from wrapping all of the text again where only the height is another one: of a long text
        that takes as long as pasting it."""
        if self._wrapped_at == self.wrap_width:
            event.prevent_default()
        self._wrapped_at = self.wrap_width

    def fill(self, text: str) -> None:
        """Put text from outside into the box, the cursor behind it."""
        self.load_text(storable(text))
        self.move_cursor(self.document.end)

    def put(self, text: str) -> None:
        """Put another text into the box in the place of what is there, which undo brings back."""
        self.select_all()
        self._put(text)

    def offer(self, earlier: Sequence[str]) -> None:
        """Offer what was asked in earlier sittings, the oldest first, before what was asked in this one; once.
        The texts are as `storable` makes them."""
        if not self._has_earlier:
            self._asked[:0] = earlier
        self._has_earlier = True

    def action_clear_all(self) -> None:
        """Clear all of the text; from the empty field, bring it back."""
        text = self.text
        self.put("" if text else self._cleared)
        self._cleared = text or self._cleared

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
        """Enter is no text here, unless a keymap has given what it does another key: then it begins a new line."""
        if event.key != "enter":
            return
        bound = self.screen.active_bindings.get("enter")
        if bound is not None and bound.node is self and bound.binding.action == "submit":
            event.stop()
            event.prevent_default()
            self.action_submit()

    def action_submit(self) -> None:
        """Ask for a run; behind a backslash, begin a new line in its place. Whoever runs it says what is wrong with an
        empty prompt."""
        line, column = self.cursor_location
        if self.selection.is_empty and column and self.document.get_line(line)[column - 1] == "\\":
            done = self.replace("\n", (line, column - 1), (line, column), maintain_selection_offset=False)
            self.move_cursor(done.end_location)
            return
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
        if self._waits:
            text = cut(clean_line(self.text[:_MOST_PAINTED]), self.size.width // 2)
            self.border_subtitle = Content(f"{_NEXT.strip()} {text}")

    def _put(self, text: str) -> None:
        text = storable(text)
        overflows = text.count("\n") >= _MOST_ROWS or len(text) > 2 * _MOST_ROWS * max(self.size.width, 1)
        if overflows:
            # The scroll bar is there before the text, which would else be wrapped a second time beside it.
            self.styles.overflow_y = "scroll"
            self.show_vertical_scrollbar = True
        done = self.replace(text, *self.selection, maintain_selection_offset=False)
        if overflows:
            self.styles.clear_rule("overflow_y")
        self.move_cursor(done.end_location)
