"""A table of rows and figures, one figure of one row under the cursor. Figures for which there is no room come into
sight as the cursor goes there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.strip import Strip

from tui.ui.cells import cells_needed
from tui.ui.widgets.row_table import GAP, RowTable, TableColumn, TableRow, fit_text


class FigureTable(RowTable):
    """The first columns say which row it is, and stay in sight; the others are figures."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-table--here"}
    DEFAULT_CSS = """
    FigureTable .row-table--here { color: $foreground; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "figure(-1)", "left", show=False, id="figures.left", tooltip="The figure to the left"),
        Binding("right", "figure(1)", "right", show=False, id="figures.right", tooltip="The figure to the right"),
    ]

    def __init__(self, fixed: Sequence[TableColumn], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(fixed, -1, id=id)
        self._fixed = tuple(fixed)
        self._at = self._first = len(self._fixed)

    def show_figures(self, titles: Sequence[str], rows: Sequence[TableRow]) -> None:
        """Show these figures of these rows. The cursor stays on its row and its figure."""
        here = self._columns[self._at].title if self._at < len(self._columns) else None
        self._columns = (*self._fixed, *(TableColumn(title, right=True) for title in titles))
        places = {column.title: at for at, column in enumerate(self._columns)}
        last = max(len(self._columns) - 1, len(self._fixed))
        self._at = places.get(here, min(self._at, last)) if here is not None else len(self._fixed)
        self._widths = ()
        self._strips.clear()
        self.show(rows)
        self.refresh()

    @property
    def figure(self) -> int:
        """Which figure is under the cursor, from 0 on."""
        return self._at - len(self._fixed)

    @property
    def out_of_sight(self) -> tuple[int, int]:
        """How many figures there is no room for to the left and to the right."""
        shown = [index for index, _ in self._widths if index >= len(self._fixed)]
        return (shown[0] - len(self._fixed), len(self._columns) - 1 - shown[-1]) if shown else (0, 0)

    def action_figure(self, by: int) -> None:
        """Left or right."""
        self._go_to_figure(self._at + by)

    def _go_to_figure(self, at: int) -> None:
        at = max(len(self._fixed), min(at, len(self._columns) - 1))
        if at != self._at and at < len(self._columns):
            self._at = at
            self._arrange(self.rows)
            self._repaint(self._cursor)
            self.post_message(self.Moved())

    def _point_at(self, x: int) -> bool:
        ends = list(accumulate(width + GAP for _, width in self._widths))
        index = next((index for (index, _), end in zip(self._widths, ends, strict=True) if x < end), -1)
        if index < len(self._fixed) or index == self._at:
            return True
        self._go_to_figure(index)
        return False

    def _fitted(self, room: int) -> tuple[tuple[int, int], ...]:
        """The fixed columns, then as many figures as there is room for, the one under the cursor among them."""
        fixed = len(self._fixed)
        wanted = [
            max(cells_needed(text) for text in (column.title, *(row.cells[at] for row in self.rows if not row.heading)))
            for at, column in enumerate(self._columns)
        ]
        widths = [min(width, column.least or width) for width, column in zip(wanted, self._fixed, strict=False)]
        left = room - sum(widths) - GAP * fixed
        figures = wanted[fixed:]
        self._first = min(self._first, self._at)
        while self._first < self._at and _total(wanted[self._first : self._at + 1]) > left:
            self._first += 1
        while self._first > fixed and _total(wanted[self._first - 1 :]) <= left:
            self._first -= 1
        shown: list[tuple[int, int]] = []
        for at in range(self._first, len(self._columns)):
            if shown and _total([width for _, width in shown]) + GAP + wanted[at] > left:
                break
            shown.append((at, min(wanted[at], max(left, 1))))
        spare = left - _total([width for _, width in shown]) if len(shown) == len(figures) else 0
        for at in range(fixed):
            more = max(min(wanted[at] - widths[at], spare), 0)
            widths[at] += more
            spare -= more
        return (*enumerate(widths), *shown)

    def _strip(self, at: int) -> Strip:
        row = self.rows[at] if 0 <= at < len(self.rows) else None
        if row is None or not row.heading:
            return super()._strip(at)
        style = self._style("cursor" if at == self._cursor else "here")
        return Strip([Segment(fit_text(row.cells[0], self.size.width), style)])

    def _tone(self, at: int, index: int) -> str:
        if at < 0:
            return "header"
        if at != self._cursor:
            return "text"
        return "cursor" if index == self._at else "here" if 0 <= index < len(self._fixed) else "text"


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * max(len(widths) - 1, 0)
