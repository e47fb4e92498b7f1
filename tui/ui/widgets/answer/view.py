"""An answer as wrapped text, painted row by row while it streams, and as Markdown once it has ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.ui.widgets.answer.formatted import LONGEST, FormatJob, Formatted, StandIn
from tui.ui.widgets.answer.highlights import CURRENT, MATCH, Highlight, find, paragraphs
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
            """As `AnswerView.fraction`."""

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
        self._stand_in: StandIn | None = None
        self._left_at = (0, False)
        """The row at the top, and whether the end was followed, when something came to stand in the answer's place."""
        self._pattern: re.Pattern[str] | None = None
        self._matches: list[tuple[Highlight, ...]] = []
        self._current: tuple[Highlight, ...] = ()
        """The match that is looked at."""
        self._place: int | None = None
        """The place of the stand-in that is looked at."""
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
            self._ended = False  # That was another answer.
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
        return FormatJob(text, self._room.width, self.styles_by_role)

    def show_formatted(self, job: FormatJob, formatted: Formatted | None) -> None:
        """Show what came of a job, if it is still to be done; None says that the answer cannot be formatted."""
        if job == self.format_job:
            self._formatted, self._refused = formatted, formatted is None
            self._exchange()

    # What stands in its place

    def show_stand_in(self, stand_in: StandIn | None) -> None:
        """Show something in the answer's place; None shows the answer again, where it was left."""
        if stand_in is self._stand_in:
            return
        if self._stand_in is None:
            self._left_at = self.scroll_offset.y, self._following
        self._stand_in, self._place, self._current = stand_in, None, ()
        row, self._following = self._left_at if stand_in is None else (0, False)
        self._exchange()
        if not self._following:
            self._adjust(self.virtual_size, min(row, self.max_scroll_y))

    def _in_place(self) -> Formatted | None:
        """What is to stand in place of the answer as it came."""
        if self._stand_in is not None and self._room:
            return self._stand_in.formatted(self._room.width, self.styles_by_role)
        return self._formatted if self._markdown else None

    @property
    def row_width(self) -> int:
        """The cells that a row of text may take."""
        return self._room.width

    @property
    def styles_by_role(self) -> dict[str, Style]:
        """What has a style of its own in an answer."""
        return {role: self.get_component_rich_style(component(role)) for role in ROLES}

    def notify_style_update(self) -> None:
        """What is formatted holds colours."""
        super().notify_style_update()
        if self._formatted is not None or self._stand_in is not None:
            self._unformat()
            self._exchange()

    def _unformat(self) -> None:
        self._formatted, self._refused = None, False
        self._text.formatted = self._in_place()

    def _exchange(self) -> None:
        """Put the answer as it came and as Markdown in each other's place, and keep the part that is in sight."""
        wanted = self._in_place()
        if wanted is self._text.formatted and wanted is None:
            return
        following, fraction = self._following, self.fraction
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

    @property
    def fraction(self) -> float:
        """The top row's place between the first (0.0) and the last one that it can be (1.0)."""
        return min(self.scroll_offset.y / max(self.max_scroll_y, 1), 1.0)

    def scroll_to_fraction(self, fraction: float) -> None:
        """Go to the same part of the text as another view; no message is sent."""
        self._following = fraction >= 1
        self._put(round(fraction * self.max_scroll_y))

    @property
    def paragraph(self) -> tuple[int, float]:
        """Which paragraph of the answer the top row is in, from 0, and how far down in it (0.0 to below 1.0)."""
        starts = self._paragraphs()
        top = self.scroll_offset.y
        number = max(sum(start <= top for start in starts[:-1]) - 1, 0)
        begin, end = starts[number : number + 2]
        return number, min(max((top - begin) / max(end - begin, 1), 0.0), 1.0)

    def scroll_to_paragraph(self, number: int, fraction: float) -> None:
        """Go to the same paragraph as another view, or to the last one there is; no message is sent."""
        starts = self._paragraphs()
        begin, end = starts[min(number, len(starts) - 2) :][:2]
        self._following = False
        self._put(0 if not number and not fraction else min(begin + round(fraction * (end - begin)), self.max_scroll_y))

    def _paragraphs(self) -> list[int]:
        """The first row of each paragraph of the answer; then the row after its last."""
        start, rows = self._text.answer_start, self._text.answer_rows
        return [*(start + row for row in paragraphs(rows) or [0]), start + len(rows)]

    def _put(self, row: int) -> None:
        """Go where another view led."""
        self._moved = True
        self._adjust(self.virtual_size, row)

    def _reveal(self, highlights: Sequence[Highlight]) -> None:
        """Have a part of the answer in sight, with some rows before it."""
        rows, top, height = [one.row for one in highlights], self.scroll_offset.y, self._room.height
        if rows and not (top + 1 <= rows[0] and rows[-1] < top + height - 1):
            self.go(max(rows[0] - height // 3, 0))

    # Highlights

    def search(self, pattern: re.Pattern[str] | None) -> None:
        """Highlight whatever the pattern finds, as the text grows too; None ends that."""
        if pattern == self._pattern:
            return
        self._pattern, self._current = pattern, ()
        self._find()
        self.refresh()

    @property
    def matches(self) -> Sequence[tuple[Highlight, ...]]:
        """What was found, in its order."""
        return self._matches

    def look_at_match(self, match: tuple[Highlight, ...]) -> None:
        """Mark one of the matches, and have it in sight; an empty one ends that."""
        if match != self._current:
            self._current = match
            self.refresh()
        self._reveal(match)

    def look_at_place(self, number: int) -> None:
        """Mark one of the places of what stands in the answer's place, from 0, and have it in sight."""
        self._place = number
        self._reveal(self._here())
        self.refresh()

    def _here(self) -> Sequence[Highlight]:
        places = self._stand_in.places if self._stand_in is not None else ()
        if self._place is None or self._place >= len(places):
            return ()
        start = self._text.answer_start
        return [part._replace(row=part.row + start) for part in places[self._place]]

    def _find(self) -> None:
        self._matches = list(find(self._text.searched(), self._pattern)) if self._pattern else []

    def _highlights(self) -> dict[int, list[tuple[int, int, Style]]]:
        """By row."""
        found: dict[int, list[tuple[int, int, Style]]] = {}
        every = [(part, MATCH) for match in self._matches if match != self._current for part in match]
        for part, style in [*every, *((part, CURRENT) for part in (*self._current, *self._here()))]:
            found.setdefault(part.row, []).append((part.start, part.stop, style))
        return found

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
        self.post_message(self.Scrolled(self, self.fraction))

    def on_resize(self, event: Resize) -> None:
        """Take over the new size."""
        self._settle()

    def _settle(self) -> None:
        """Wrap for the present width, and keep the place."""
        room = self._present_room
        if room == self._room or not room:
            return
        kept = None if self._following else self._position(self.scroll_offset.y)
        other_width, self._room = room.width != self._room.width, room
        if other_width:
            self._unformat()
            self._text.resize(room.width)
            self._current = ()
        self._arrange(self._text.answer, 0)
        if kept is not None:
            self._adjust(self.virtual_size, self._text.row_of(*kept))
            self._kept = (self.scroll_offset.y, *kept)
        self.refresh()

    @property
    def room(self) -> Size:
        """What there is for the text, in cells; nothing before the view was laid out."""
        return self._room

    def expect(self, room: Size) -> None:
        """Wrap for a width that the view is about to have, where it was never laid out: its first frame is whole."""
        if not self._room and room:
            self._room = room
            self._text.resize(room.width)
            self._arrange(self._text.answer, 0)

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
        highlights = self._highlights() if self._matches or self._place is not None else {}

        def line(y: int) -> Strip:
            row = top + y
            text, component, pieces = self._text.row(row)
            style = self.style_of(component)
            span = selection.get_span(row) if selection else None
            row_mark, shown = mark if y in marked else None, tuple(highlights.get(row, ()))
            row_spec = RowSpec(text, style, width, row_mark, self._ended, span, selected, pieces, shown)
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
        if self._pattern is not None:
            self._find()
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
