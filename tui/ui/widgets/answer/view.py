"""An answer as wrapped text, painted row by row while it streams, and as Markdown once it has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.ui.widgets.answer.formatted import LONGEST, FormatJob, Formatted
from tui.ui.widgets.answer.moves import MOVES, Moves
from tui.ui.widgets.answer.rows import RowSpec, marked_rows, paint
from tui.ui.widgets.answer.styles import CLASSES, CSS, MUTED, ROLES, component
from tui.ui.widgets.answer.text import AnswerText
from tui.ui.widgets.answer.wrapped import TextPosition, WrappedText
from tui.ui.widgets.painted import CachingWidget, is_bare

MAX_STEP = 12
"""Rows by which a view follows its tail at most: scrolling repaints all rows, so it must not come with every one."""
STRIPS_KEPT = 256


class AnswerView(Moves, CachingWidget, ScrollView, can_focus=True):
    """Shows raw text from outside, cleaned and wrapped; follows its end until a person scrolls up. An answer that has
    ended is shown from its top, unless a person has scrolled.

    Every `show…` method is given the whole text so far, and only what differs from before is painted. When the answer
    has ended, `format_job` says what is to be formatted elsewhere; `show_formatted()` shows what came of it.
    """

    DEFAULT_CSS = CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = CLASSES
    BINDINGS: ClassVar[list[BindingType]] = MOVES

    class Scrolled(Message):
        """A person moved through the answer: a screen that keeps panes in step moves the others."""

        def __init__(self, view: AnswerView, fraction: float) -> None:
            super().__init__()
            self.view = view
            self.fraction = fraction
            """The top row's place between the first (0.0) and the last one it can be (1.0)."""

    virtual_size = Reactive(Size(0, 0))
    """As the base class's, but without a new layout of the whole screen for each row: nothing else depends on it."""
    coarse: bool = False
    """Whether to follow the tail by half a view at once, which sends less to the terminal."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._text = AnswerText()
        self._ended = False
        self._markdown = True
        self._formatted: Formatted | None = None
        self._refused = False
        self._room = Size(0, 0)
        self._following = True
        self._moved = False
        """Whether a person chose what is in sight."""
        self._adjusting = False
        self._kept: tuple[int, WrappedText, TextPosition] | None = None
        """The place kept through a resize, and the row it was put in."""
        self._painted: dict[int, tuple[RowSpec, Strip]] = {}
        """Rows as they were painted last: most of them come again when the view scrolls."""

    # What it shows

    def show(self, text: str, *, ended: bool = False) -> None:
        """Show the answer so far. `ended` says that no more will come, so that its end needs no room to grow into."""
        answer = self._text.answer
        restarts = answer.restarts
        first = answer.update(text)
        if answer.restarts != restarts:
            self._follow_again()
        elif first == len(answer.rows) and ended == self._ended:
            return
        if self._ended and not ended:
            self._follow_again()
        to_top = ended and not (self._ended or self._moved)
        self._ended = ended
        if to_top:
            self._following = False
            self._adjust(self.virtual_size, 0)
        self._unformat()
        self._arrange(answer, first)

    def show_reasoning(self, text: str, folded: bool = True) -> None:
        """Show the thinking so far above the answer: all of it, or one line that counts it."""
        shown = self._text
        if (text, folded) != (shown.reasoning, shown.folded):
            shown.reasoning, shown.folded = text, folded
            self._arrange(shown.thinking, 0 if folded else shown.thinking.update(text))

    def show_error(self, title: str, hint: str = "") -> None:
        """Show below what arrived why no more will come; an empty title takes the block away."""
        if (title, hint) != (self._text.title, self._text.hint):
            self._text.title, self._text.hint = title, hint
            self._arrange()

    def show_remark(self, text: str) -> None:
        """Show below everything else what there is to know of how the answer came about; empty takes it away."""
        if text != self._text.remark:
            self._text.remark = text
            self._arrange()

    def set_placeholder(self, text: str) -> None:
        """What to show while there is nothing else."""
        if text != self._text.placeholder:
            self._text.placeholder = text
            self._arrange()

    def _follow_again(self) -> None:
        self._following, self._moved, self._kept = True, False, None

    # As Markdown

    @property
    def markdown(self) -> bool:
        """Whether an answer that has ended is to be shown as Markdown, not as it came."""
        return self._markdown

    @markdown.setter
    def markdown(self, wanted: bool) -> None:
        if wanted != self._markdown:
            self._markdown = wanted
            self._exchange()

    @property
    def format_job(self) -> FormatJob | None:
        """What is to be formatted; None when nothing is, or has been already."""
        text = self._text.answer.raw
        wanted = self._markdown and self._ended and 0 < len(text) <= LONGEST
        if not wanted or self._formatted is not None or self._refused or not self._room:
            return None
        return FormatJob(
            text, self._room.width, {role: self.get_component_rich_style(component(role)) for role in ROLES}
        )

    def show_formatted(self, job: FormatJob, formatted: Formatted | None) -> None:
        """Show what came of a job, if it is still to be done; None says that the answer cannot be formatted."""
        if job == self.format_job:
            self._formatted, self._refused = formatted, formatted is None
            self._exchange()

    def notify_style_update(self) -> None:
        """What is formatted holds colours."""
        super().notify_style_update()
        if self._formatted is not None:
            self._unformat()
            self._exchange()

    def _unformat(self) -> None:
        self._formatted, self._refused, self._text.formatted = None, False, None

    def _exchange(self) -> None:
        """Put the answer as it came and as Markdown in each other's place, and keep the part that is in sight."""
        wanted = self._formatted if self._markdown else None
        if wanted is self._text.formatted and wanted is None:
            return
        following, fraction = self._following, self.scroll_offset.y / max(self.max_scroll_y, 1)
        self._text.formatted, self._kept = wanted, None
        self._arrange(self._text.answer, 0)
        if not following:
            self._adjust(self.virtual_size, round(fraction * self.max_scroll_y))
        self.refresh()

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
        """Go to the same part of the text as another view; no message is sent."""
        self._following = fraction >= 1
        self._adjust(self.virtual_size, round(fraction * self.max_scroll_y))

    @property
    def moving(self) -> AnswerView:
        """Itself."""
        return self

    @property
    def page(self) -> int:
        """The rows of a page, less one to keep the thread."""
        return max(self._room.height - 1, 1)

    def go(self, row: int) -> None:
        """Have this row at the top, as far as there are rows below it."""
        self.scroll_to(y=row, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Release the tail when a person moves away from it, take it up again at the end."""
        super().watch_scroll_y(old_value, new_value)
        if self._adjusting or not self._room or new_value == old_value:
            return
        if old_value > self.max_scroll_y:
            # A view that has become larger is moved by Textual before it hears of its size: no person's doing either.
            position = self._position(round(old_value))
            self._kept = position and (round(new_value), *position)
            return
        self._moved = True
        sees_end = new_value > old_value and new_value + self._room.height >= self._text.total
        self._following = sees_end or new_value >= self.max_scroll_y
        self.post_message(self.Scrolled(self, min(new_value / max(self.max_scroll_y, 1), 1.0)))

    def on_resize(self, event: Resize) -> None:
        """Take over the new size."""
        self._settle()

    def _settle(self) -> None:
        """Wrap for the present width, and keep the place."""
        room = self._present_room
        if room == self._room or not room:
            return
        kept = None if self._following else self._position(self.scroll_offset.y)
        if room.width != self._room.width:
            self._unformat()
            self._text.resize(room.width)
        self._room = room
        self._arrange(self._text.answer, 0)
        if kept is not None:
            self._adjust(self.virtual_size, self._text.row_of(*kept))
            self._kept = (self.scroll_offset.y, *kept)
        self.refresh()

    @property
    def _present_room(self) -> Size:
        # The last column is the mark's: a scrollbar of Textual's nearly doubles what a scroll sends to the terminal.
        return self.size - Size(1, 0)

    def on_click(self, event: Click) -> None:
        """A click on the column of the mark goes there."""
        if event.x == self._room.width and self._room.height > 1:
            self.go(round(event.y / (self._room.height - 1) * self.max_scroll_y))

    def _position(self, top: int) -> tuple[WrappedText, TextPosition] | None:
        """The text that the first row shows; after a resize the one that it was to show, so that places do not
        drift."""
        if self._kept is not None and self._kept[0] == top:
            return self._kept[1:]
        return self._text.position(top)

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region."""
        if self._present_room != self._room:
            # Textual sends no Resize for a layout that it looked up before it was due (scrolling elsewhere does that).
            self.call_later(self._settle)
        if not is_bare(self):
            return super().render_lines(crop)
        selection = self.text_selection if self._ended else None
        place = (self.scroll_offset.y, self.virtual_size.height, self._room, self._ended, selection)
        return self.lines_of(crop, self._line, *place)

    def render_line(self, y: int) -> Strip:
        """One row, always as wide as the view."""
        return self._line()(y)

    def _line(self) -> Callable[[int], Strip]:
        """What paints the rows, with all that they have in common looked up once."""
        top, (width, height) = self.scroll_offset.y, self._room
        marked, mark = marked_rows(top, height, self.virtual_size.height), self.style_of(MUTED)
        selection = self.text_selection if self._ended else None
        selected = self.screen.get_component_rich_style("screen--selection") if selection else None

        def line(y: int) -> Strip:
            row = top + y
            text, component, pieces = self._text.row(row)
            style = self.style_of(component)
            span = selection.get_span(row) if selection else None
            row_spec = RowSpec(text, style, width, mark if y in marked else None, self._ended, span, selected, pieces)
            painted = self._painted.get(row)
            if painted is None or painted[0] != row_spec:
                if len(self._painted) > STRIPS_KEPT:
                    self._painted.clear()
                self._painted[row] = painted = (row_spec, paint(row, row_spec))
            return painted[1]

        return line

    @property
    def allow_select(self) -> bool:
        """Text is selected with the mouse when it has come to rest: rows that can be selected cost more to paint."""
        return self._ended

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, with its own line ends and not those of the wrapping."""
        return self._text.selected(selection), "\n"

    def _arrange(self, changed: WrappedText | None = None, first: int = 0) -> None:
        """Follow the tail and paint what differs: `changed` does so from its row `first` on."""
        answer, before = self._text.answer, self._text.total
        begin = self._text.arrange(changed or answer, first if changed else len(answer.rows))
        if not self._room:
            return
        self._follow()
        visible = range(max(begin, self.scroll_offset.y), max(before, self._text.total))
        if visible:
            self.repaint_part(Region(0, visible.start - self.scroll_offset.y, self._room.width + 1, len(visible)))

    def _follow(self) -> None:
        """Make room for all rows, and show the last of them unless a person moved away."""
        over = max(self._text.total - self._room.height, 0)
        if over and not self._ended:
            step = max(self._room.height // 2 if self.coarse else min(MAX_STEP, self._room.height // 3), 1)
            over = -(-over // step) * step
        size = Size(self._room.width, self._room.height + over)
        self._adjust(size, over if self._following else min(self.scroll_offset.y, over))

    def _adjust(self, size: Size, row: int) -> None:
        """Set the height and the first row shown; not a person's doing, so it decides nothing about following."""
        if (size, row) == (self.virtual_size, self.scroll_target_y) and row == self.scroll_offset.y:
            return
        self._adjusting = True
        try:
            self.virtual_size = size
            self.scroll_to(y=row, animate=False, force=True)
        finally:
            self._adjusting = False
