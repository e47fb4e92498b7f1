"""An answer as plain wrapped text, painted row by row while it streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.core.clean import clean
from tui.ui.messages import Scrolled
from tui.ui.widgets.answer_rows import Looks, marked_rows, paint
from tui.ui.widgets.blocks import Block, block_at, first_difference, stack, total
from tui.ui.widgets.painted import is_bare, lines_of
from tui.ui.widgets.wrap import wrap
from tui.ui.widgets.wrapped import Place, WrappedText

MAX_STEP = 12
"""Rows by which a view follows its tail at most: scrolling repaints all rows, so it must not come with every one."""
WIDTH_BEFORE_LAYOUT = 80
STRIPS_KEPT = 256
TEXT, MUTED, ERROR = "answer-view--text", "answer-view--muted", "answer-view--error"


class AnswerView(ScrollView, can_focus=True):
    """Shows raw text from outside, cleaned and wrapped; follows its end until a person scrolls up.

    Every `show…` method is given the whole text so far, and only what differs from before is painted.
    """

    DEFAULT_CSS = """
    AnswerView {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size: 0 0;
        & .answer-view--text { color: $foreground; }
        & .answer-view--muted { color: $text-muted; }
        & .answer-view--error { color: $error; text-style: bold; }
        &:ansi .answer-view--muted { color: ansi_default; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {TEXT, MUTED, ERROR}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", "up", show=False, id="answer.up"),
        Binding("down", "scroll_down", "down", show=False, id="answer.down"),
        Binding("pageup", "page_up", "page up", show=False, id="answer.page-up"),
        Binding("pagedown", "page_down", "page down", show=False, id="answer.page-down"),
        Binding("home", "scroll_home", "start", show=False, id="answer.start"),
        Binding("end", "scroll_end", "end", show=False, id="answer.end"),
    ]

    virtual_size = Reactive(Size(0, 0))
    """As the base class's, but without a new layout of the whole screen for each row: nothing else depends on it."""
    fold_hint: str = "t shows it"
    """What the folded thinking says of the key that opens it."""
    coarse: bool = False
    """Whether to follow the tail by half a view at once, which sends less to the terminal."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._answer = WrappedText(WIDTH_BEFORE_LAYOUT)
        self._thinking = WrappedText(WIDTH_BEFORE_LAYOUT)
        self._reasoning, self._folded = "", True
        self._placeholder = self._title = self._hint = self._remark = ""
        self._ended = False
        self._room = Size(0, 0)
        self._blocks: list[Block] = []
        self._total = 0
        self._following = True
        self._adjusting = False
        self._kept: tuple[int, WrappedText, Place] | None = None
        """The place kept through a change of width, and the row it was put in."""
        self._painted: dict[int, tuple[Looks, Strip]] = {}
        """Rows as they were painted last: most of them come again when the view scrolls."""

    # What it shows

    def show(self, text: str, *, ended: bool = False) -> None:
        """Show the answer so far. `ended` says that no more will come, so that its end needs no room to grow into."""
        restarts = self._answer.restarts
        first = self._answer.update(text)
        if self._answer.restarts != restarts:
            self._following, self._kept = True, None
        elif first == len(self._answer.rows) and ended == self._ended:
            return
        self._ended = ended
        self._arrange(self._answer, first)

    def show_reasoning(self, text: str, folded: bool = True) -> None:
        """Show the thinking so far above the answer: all of it, or one line that counts it."""
        if (text, folded) != (self._reasoning, self._folded):
            self._reasoning, self._folded = text, folded
            self._arrange(self._thinking, 0 if folded else self._thinking.update(text))

    def show_error(self, title: str, hint: str = "") -> None:
        """Show below what arrived why no more will come; an empty title takes the block away."""
        if (title, hint) != (self._title, self._hint):
            self._title, self._hint = title, hint
            self._arrange(self._answer, len(self._answer.rows))

    def show_remark(self, text: str) -> None:
        """Show below everything else what there is to know of how the answer came about; empty takes it away."""
        if text != self._remark:
            self._remark = text
            self._arrange(self._answer, len(self._answer.rows))

    def set_placeholder(self, text: str) -> None:
        """What to show while there is nothing else."""
        if text != self._placeholder:
            self._placeholder = text
            self._arrange(self._answer, len(self._answer.rows))

    # Moving through it

    @property
    def following(self) -> bool:
        """Whether the view keeps to the end of the text as it grows."""
        return self._following

    @property
    def allow_vertical_scroll(self) -> bool:
        """Whether there is more than is in sight."""
        return self.max_scroll_y > 0

    def scroll_to_fraction(self, fraction: float) -> None:
        """Go to the same part of the text as another view; nobody is told of it."""
        self._following = fraction >= 1
        self._adjust(self.virtual_size, round(fraction * self.max_scroll_y))

    def action_scroll_up(self) -> None:
        """One row up."""
        self._go(self.scroll_offset.y - 1)

    def action_scroll_down(self) -> None:
        """One row down."""
        self._go(self.scroll_offset.y + 1)

    def action_page_up(self) -> None:
        """One page up, less a row to keep the thread."""
        self._go(self.scroll_offset.y - max(self._room.height - 1, 1))

    def action_page_down(self) -> None:
        """One page down, less a row to keep the thread."""
        self._go(self.scroll_offset.y + max(self._room.height - 1, 1))

    def action_scroll_home(self) -> None:
        """To the start."""
        self._go(0)

    def action_scroll_end(self) -> None:
        """To the end, and on with it as it grows."""
        self._go(self.max_scroll_y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Release the tail when a person moves away from it, take it up again at the end."""
        super().watch_scroll_y(old_value, new_value)
        if self._adjusting or not self._room or new_value == old_value:
            return
        sees_end = new_value > old_value and new_value + self._room.height >= self._total
        self._following = sees_end or new_value >= self.max_scroll_y
        self.post_message(Scrolled(self, min(new_value / max(self.max_scroll_y, 1), 1.0)))

    def on_resize(self, event: Resize) -> None:
        """Take over the new size."""
        self._settle()

    def _settle(self) -> None:
        """Wrap anew for the present width, and keep the place."""
        room = self._present_room
        if room == self._room or not room:
            return
        kept = None if self._following else self._place()
        if room.width != self._room.width:
            self._answer.resize(room.width)
            self._thinking.resize(room.width)
        self._room = room
        self._arrange(self._answer, 0)
        if kept is not None:
            text, place = kept
            start = next((block.start for block in self._blocks if block.rows is text.rows), 0)
            self._adjust(self.virtual_size, start + text.row_of(place))
            self._kept = (self.scroll_offset.y, text, place)
        self.refresh()

    @property
    def _present_room(self) -> Size:
        # The last column is the mark's: a scrollbar of Textual's nearly doubles what a scroll sends to the terminal.
        return self.size - Size(1, 0)

    def on_click(self, event: Click) -> None:
        """A click on the column of the mark goes there."""
        if event.x == self._room.width and self._room.height > 1:
            self._go(round(event.y / (self._room.height - 1) * self.max_scroll_y))

    def _place(self) -> tuple[WrappedText, Place] | None:
        """The text the first row shows; after a change of width the one it was to show, so that places do not drift."""
        top = self.scroll_offset.y
        if self._kept is not None and self._kept[0] == top:
            return self._kept[1:]
        block = block_at(self._blocks, top)
        text = next((text for text in (self._answer, self._thinking) if block and text.rows is block.rows), None)
        return (text, text.place(top - block.start)) if text and block else None

    def _go(self, row: int) -> None:
        self.scroll_to(y=row, animate=False)

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region."""
        if self._present_room != self._room:
            # Textual sends no Resize for a layout that it looked up before it was due (scrolling elsewhere does that).
            self.call_later(self._settle)
        return lines_of(self, crop, self._line()) if is_bare(self) else super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row, always as wide as the view."""
        return self._line()(y)

    def _line(self) -> Callable[[int], Strip]:
        """What paints the rows, with all that they have in common looked up once."""
        top, (width, height) = self.scroll_offset.y, self._room
        marked, mark = marked_rows(top, height, self.virtual_size.height), self.get_component_rich_style(MUTED)
        selection = self.text_selection if self._ended else None
        selected = self.screen.get_component_rich_style("screen--selection") if selection else None

        def line(y: int) -> Strip:
            row = top + y
            block = block_at(self._blocks, row)
            text = block.rows[row - block.start] if block and row - block.start < len(block.rows) else ""
            style = self.get_component_rich_style(block.style if block else TEXT)
            span = selection.get_span(row) if selection else None
            looks = Looks(text, style, width, mark if y in marked else None, self._ended, span, selected)
            painted = self._painted.get(row)
            if painted is None or painted[0] != looks:
                if len(self._painted) > STRIPS_KEPT:
                    self._painted.clear()
                self._painted[row] = painted = (looks, paint(row, looks))
            return painted[1]

        return line

    @property
    def allow_select(self) -> bool:
        """Text is selected with the mouse when it has come to rest: rows that can be selected cost more to paint."""
        return self._ended

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, with its own line ends and not those of the wrapping."""
        text = ""
        for row in range(self._total):
            span, block = selection.get_span(row), block_at(self._blocks, row)
            if span is None or block is None:
                continue
            at = row - block.start
            joins = block.rows is self._answer.rows and at < len(block.rows) and self._answer.continues(at)
            whole = block.rows[at] if at < len(block.rows) else ""
            text += ("" if joins or not text else "\n") + whole[span[0] : None if span[1] < 0 else span[1]]
        return text, "\n"

    def _arrange(self, changed: WrappedText, first: int) -> None:
        """Place the blocks, follow the tail and paint what differs: `changed` does so from its row `first` on."""
        old, old_total = self._blocks, self._total
        parts = [
            (self._thinking_rows(), MUTED, False),
            (self._answer.rows, TEXT, True),
            (self._wrap(f"✗ {self._title}" if self._title else ""), ERROR, True),
            (self._wrap(self._hint if self._title else ""), MUTED, False),
            (self._wrap(self._remark), MUTED, True),
        ]
        self._blocks = stack(parts) or stack([(self._wrap(self._placeholder), MUTED, False)])
        self._total = total(self._blocks)
        if not self._room:
            return
        starts = [block.start + first for block in self._blocks if block.rows is changed.rows]
        moved = first_difference(old, self._blocks)
        begin = min([*starts, self._total if moved is None else moved])
        self._follow()
        visible = range(max(begin, self.scroll_offset.y), max(old_total, self._total))
        if visible:
            self.refresh(Region(0, visible.start - self.scroll_offset.y, self._room.width + 1, len(visible)))

    def _follow(self) -> None:
        """Make room for all rows, and show the last of them unless a person moved away."""
        over = max(self._total - self._room.height, 0)
        if over and not self._ended:
            step = max(self._room.height // 2 if self.coarse else min(MAX_STEP, self._room.height // 3), 1)
            over = -(-over // step) * step
        size = Size(self._room.width, self._room.height + over)
        self._adjust(size, over if self._following else min(self.scroll_offset.y, over))

    def _adjust(self, size: Size, row: int) -> None:
        """Set the height and the first row shown; not a person's doing, so it decides nothing about following."""
        self._adjusting = True
        try:
            self.virtual_size = size
            self.scroll_to(y=row, animate=False, force=True)
        finally:
            self._adjusting = False

    def _thinking_rows(self) -> list[str]:
        if not self._folded or not self._reasoning:
            return self._thinking.rows if self._reasoning else []
        count = f"thinking · {len(self._reasoning)} chars"
        return self._wrap(f"{count} ({self.fold_hint})")

    def _wrap(self, text: str) -> list[str]:
        width = self._room.width or WIDTH_BEFORE_LAYOUT
        return [row for line in clean(text).split("\n") for row in wrap(line, width)] if text else []
