"""A list to move through: only the rows in sight are painted, and only the columns that there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Blur, Click, Focus, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.ui import cells

GAP = 2
"""Cells between columns."""
EMPTY = "-"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """`rank` says how soon it is given up where there is little room: the highest first, 0 never.

    A column with `least` may be made that narrow, its texts cut. One whose cells are all empty is left out.
    """

    title: str
    rank: int = 0
    least: int = 0
    right: bool = False
    """Whether its texts stand at its right side."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """`cells` are clean text, one for each column. `tone` is one of `RowTable.TONES`, and colours the state."""

    key: str
    cells: tuple[str, ...]
    tone: str = ""
    members: tuple[str, ...] = ()
    """Keys of what it stands for, its own first."""
    heading: bool = False
    """Whether its first cell is a heading of the rows below it."""


class RowTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a line of titles, one of them under the cursor."""

    TONES = ("loaded", "cached", "catalogue", "busy", "failed")
    DEFAULT_CSS = """
    RowTable {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & .row-table--text { color: $foreground; }
        & .row-table--header { color: $foreground; background: $panel; text-style: bold; }
        & .row-table--cursor {
            background: $block-cursor-blurred-background; color: $block-cursor-blurred-foreground;
        }
        & .row-table--loaded { color: $success; }
        & .row-table--cached { color: $foreground; }
        & .row-table--catalogue { color: $text-muted; }
        & .row-table--busy { color: $primary; }
        & .row-table--failed { color: $error; }
        &:focus .row-table--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        &:ansi .row-table--header { background: ansi_default; color: ansi_default; text-style: bold underline; }
        &:ansi .row-table--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"row-table--{name}" for name in ("text", "header", "cursor", *TONES)}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False, id="list.up", tooltip="The row above"),
        Binding("down", "move(1)", "down", show=False, id="list.down", tooltip="The row below"),
        Binding("pageup", "page(-1)", "page up", show=False, id="list.page-up", tooltip="A page up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="list.page-down", tooltip="A page down"),
        Binding("home", "first", "start", show=False, id="list.start", tooltip="The first row"),
        Binding("end", "last", "end", show=False, id="list.end", tooltip="The last row"),
    ]

    class Moved(Message):
        """Another row is under the cursor."""

    class Picked(Message):
        """The row under the cursor was clicked."""

    def __init__(self, columns: Sequence[TableColumn], state: int, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """`state` is the index of the column that wears the row's tone."""
        super().__init__(id=id)
        self.rows: tuple[TableRow, ...] = ()
        self._columns = tuple(columns)
        self._state = state
        self._cursor = 0
        self._widths: tuple[tuple[int, int], ...] = ()
        """Index and width of each column that is shown."""
        self._strips: dict[int, Strip] = {}

    # What it shows

    def show(self, rows: Sequence[TableRow]) -> None:
        """Show these rows. The cursor stays on its row, or on the one that stands for it; else where it
        was."""
        old, here = self.rows, self.here
        self.rows = tuple(rows)
        if len(self.rows) != len(old):
            self.virtual_size = Size(self.virtual_size.width, len(self.rows) + 1)
        self._cursor = self._place_of(here)
        self._arrange(old)
        moved = self.here
        if (moved and moved.key) != (here and here.key):
            self._reveal()
            self.post_message(self.Moved())

    @property
    def here(self) -> TableRow | None:
        """The row under the cursor."""
        return self.rows[self._cursor] if self._cursor < len(self.rows) else None

    @property
    def is_at_top(self) -> bool:
        """Whether the cursor is on the first row, or there is none."""
        return self._cursor == 0

    @property
    def shown_columns(self) -> list[str]:
        """The titles that there is room for."""
        return [self._columns[index].title for index, _ in self._widths]

    def go_to(self, key: str) -> None:
        """Put the cursor on the row of this key, if there is one."""
        found = next((at for at, row in enumerate(self.rows) if row.key == key), None)
        if found is not None:
            self._move_to(found)

    def _place_of(self, row: TableRow | None) -> int:
        last = max(len(self.rows) - 1, 0)
        if row is None:
            return 0
        exact = (at for at, one in enumerate(self.rows) if one.key == row.key)
        kin = (at for at, one in enumerate(self.rows) if row.members and row.members[0] in one.members)
        return next(exact, next(kin, min(self._cursor, last)))

    def _arrange(self, old: Sequence[TableRow] = ()) -> None:
        widths = self._fitted(self.scrollable_content_region.width)
        if widths != self._widths or len(old) != len(self.rows):
            self._widths = widths
            self._strips.clear()
            self.refresh()
            return
        for at, (before, after) in enumerate(zip(old, self.rows, strict=True)):
            if before != after:
                self._repaint(at)

    def _fitted(self, room: int) -> tuple[tuple[int, int], ...]:
        """Index and width of the columns that are shown in so many cells."""
        return fitted(self._columns, self.rows, room)

    # Moving through it

    def action_move(self, by: int) -> None:
        """Up or down."""
        self._move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        """A page up or down."""
        self._move_to(self._cursor + by * max(self.size.height - 2, 1))

    def action_first(self) -> None:
        """To the first row."""
        self._move_to(0)

    def action_last(self) -> None:
        """To the last row."""
        self._move_to(len(self.rows) - 1)

    def on_click(self, event: Click) -> None:
        """To the row that is clicked; the row under the cursor is picked."""
        at = event.y - 1 + self.scroll_offset.y
        if event.y < 1 or at >= len(self.rows):
            return
        here = self._point_at(event.x)
        if at == self._cursor and here:
            self.post_message(self.Picked())
        else:
            self._move_to(at)

    def _point_at(self, x: int) -> bool:
        """Whether what is clicked in this cell of a row is what the cursor is on there."""
        return True

    def _move_to(self, at: int) -> None:
        at = max(0, min(at, len(self.rows) - 1))
        if at == self._cursor:
            return
        before, self._cursor = self._cursor, at
        self._repaint(before)
        self._repaint(at)
        self._reveal()
        self.post_message(self.Moved())

    def _reveal(self) -> None:
        """Scroll as little as brings the cursor into sight, below the titles."""
        room = max(self.size.height - 1, 1)
        top = self.scroll_offset.y
        if not top <= self._cursor < top + room:
            self.scroll_to(y=self._cursor if self._cursor < top else self._cursor - room + 1, animate=False)

    # Painting

    def on_resize(self, event: Resize) -> None:
        """Another width has room for other columns."""
        self._arrange()
        self._reveal()

    def on_focus(self, event: Focus) -> None:
        """The cursor looks different with the focus."""
        self._strips.clear()

    def on_blur(self, event: Blur) -> None:
        """And without."""
        self._strips.clear()

    def notify_style_update(self) -> None:
        """Strips hold colours."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """The titles, and below them the rows in sight."""
        at = y - 1 + self.scroll_offset.y if y else -1
        if at not in self._strips:
            self._strips[at] = self._strip(at)
        return self._strips[at]

    def _repaint(self, at: int) -> None:
        self._strips.pop(at, None)
        self.refresh_line(at + 1)

    def _strip(self, at: int) -> Strip:
        if at >= len(self.rows):
            return Strip.blank(self.size.width, self._style("text"))
        row = self.rows[at] if at >= 0 else None
        texts = [column.title for column in self._columns] if row is None else row.cells
        whole = self._tone(at, -1)
        segments: list[Segment] = []
        for index, width in self._widths:
            text = fit_text(texts[index], width, right=self._columns[index].right)
            tone = self._tone(at, index)
            begin = len(text) - len(text.lstrip(" "))
            alone = tone == "cursor" and whole != "cursor"
            # Spaces that lead are a segment of their own: pictures of the screen lose them otherwise.
            segments.append(Segment(" " * begin, self._style(tone if alone else whole)))
            segments.append(Segment(text[begin:] + " " * GAP * (not alone), self._style(tone)))
            segments += [Segment(" " * GAP, self._style(whole))] * alone
        return Strip(segments).adjust_cell_length(self.size.width, self._style(whole))

    def _tone(self, at: int, index: int) -> str:
        """How a column of a row looks, -1 of what is between and behind them; row -1 are the titles."""
        if at < 0:
            return "header"
        if at == self._cursor:
            return "cursor"
        return self.rows[at].tone or "text" if index == self._state and index >= 0 else "text"

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"row-table--{name}")


def fitted(columns: Sequence[TableColumn], rows: Sequence[TableRow], room: int) -> tuple[tuple[int, int], ...]:
    """Index and width of the columns to show in `room` cells, in their order."""
    wanted: dict[int, int] = {}
    for index, column in enumerate(columns):
        texts = {row.cells[index] for row in rows}
        if column.rank == 0 or texts - {EMPTY, ""}:
            wanted[index] = max(map(cells.cells_needed, (column.title, *texts)))
    least = {index: min(width, columns[index].least or width) for index, width in wanted.items()}
    shown = dict(least)
    for index in sorted(shown, key=lambda index: -columns[index].rank):
        if columns[index].rank == 0 or _total(shown) <= room:
            break
        del shown[index]
    spare = max(room - _total(shown), 0)
    for index in shown:
        more = min(wanted[index] - shown[index], spare)
        shown[index] += more
        spare -= more
    return tuple(sorted(shown.items()))


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def fit_text(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells, its cut marked with an ellipsis."""
    text = cells.cut(text, width)
    length = cell_len(text)  # The room that joined marks may take beyond it comes out of the spaces behind them.
    return " " * (width - length) + text if right else text + " " * (width - length)
