"""Painting rows cheaply: the base of the small widgets, and what they share with the answer's view."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.events import Resize
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Piece = tuple[str, str]
"""Text, and the component class whose style it wears."""
Row = tuple[Piece, ...]
TEXT = "painted--text"
"""The component class of plain text."""


class Looked(Widget):
    """Remembers how its parts look: Textual works that out anew for every row."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._looks: dict[str, Style] = {}
        self._ground: Color | None = None

    def style_of(self, component: str) -> Style:
        """The style of a component class."""
        if component not in self._looks:
            self._looks[component] = self.get_component_rich_style(component)
        return self._looks[component]

    @property
    def ground(self) -> Color:
        """The colour behind everything."""
        if self._ground is None:
            self._ground = self.background_colors[1]
        return self._ground

    def notify_style_update(self) -> None:
        """Colours may be others."""
        super().notify_style_update()
        self._looks.clear()
        self._ground = None


class Painted(Looked):
    """Rows of ready pieces of text; only those that differ are painted again.

    A subclass says in `compose_rows()` what they are, and calls `repaint()` when that may differ.
    """

    DEFAULT_CSS = """
    Painted {
        height: 1;
        background: $surface;
        color: $foreground;
        & .painted--text { color: $foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {TEXT}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._width = 0
        """The last known one: a hidden widget has none, and must have its rows ready all the same."""
        self._rows: tuple[Row, ...] = ()
        self._strips: dict[int, Strip] = {}

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """The rows for a width in cells. Text from outside must be clean; what is too wide is cut."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Ask for the rows and paint those that changed."""
        if not self._width:
            return
        old, self._rows = self._rows, self.compose_rows(self._width)
        for y in range(max(len(old), len(self._rows))):
            if old[y : y + 1] != self._rows[y : y + 1]:
                self._strips.pop(y, None)
                start, stop = _differing(old[y : y + 1], self._rows[y : y + 1], self._width)
                self.refresh(Region(start, y, stop - start, 1))

    def on_resize(self, event: Resize) -> None:
        """Rows depend on the width."""
        self._measure()
        self.refresh()

    def _measure(self) -> None:
        """Take over the present width."""
        self._width = self.size.width
        self._strips.clear()
        self._rows = self.compose_rows(self._width) if self._width else ()

    def notify_style_update(self) -> None:
        """Strips hold colours."""
        super().notify_style_update()
        self._strips.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region."""
        if self.size.width != self._width:
            # Textual sends no Resize for a layout that it looked up before it was due (scrolling elsewhere does that).
            self._measure()
        return lines_of(self, crop, self.render_line) if is_bare(self) else super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row, always as wide as the widget."""
        if y not in self._strips:
            self._strips[y] = self._strip(self._rows[y] if y < len(self._rows) else ())
        return self._strips[y]

    def _strip(self, row: Row) -> Strip:
        left = self._width
        segments: list[Segment] = []
        for text, style in row:
            fitting = text if cell_len(text) <= left else set_cell_size(text, left)
            if fitting:
                segments.append(Segment(fitting, self.style_of(style)))
                left -= cell_len(fitting)
        if left > 0:
            segments.append(Segment(" " * left, self.style_of(TEXT)))
        return Strip(segments, self._width)


def _differing(old: tuple[Row, ...], new: tuple[Row, ...], width: int) -> tuple[int, int]:
    """The first cell in which two rows differ, and the one after the last; all of them where that is not plain to see.

    Counters change in a few digits, ten thousand times an hour.
    """
    before, after = (_cells(row[0] if row else (), width) for row in (old, new))
    if before is None or after is None:
        return 0, width
    differing = [at for at in range(width) if before[at] != after[at]]
    return (differing[0], differing[-1] + 1) if differing else (0, width)


def _cells(row: Row, width: int) -> list[Piece] | None:
    """Character and style of each cell, if each character takes one."""
    cells = [(character, style) for text, style in row for character in text]
    if sum(cell_len(text) for text, _ in row) != len(cells):
        return None
    return (cells + [(" ", TEXT)] * (width - len(cells)))[:width]


def is_bare(widget: Widget) -> bool:
    """Whether the widget has neither frame nor padding, so that its rows are all there is to paint."""
    gutter = widget.styles.gutter
    return not (gutter.width or gutter.height)


def lines_of(widget: Looked, crop: Region, line: Callable[[int], Strip]) -> list[Strip]:
    """The rows of a region of a bare widget, `line(y)` being as wide as the widget.

    The base class reckons with frames, padding, hatching and opacity for every row; doing without them costs a third.
    """
    strips = [line(y) for y in crop.line_range]
    for line_filter in widget.get_line_filters():
        strips = [strip.apply_filter(line_filter, widget.ground) for strip in strips]
    if crop.column_span != (0, widget.outer_size.width):
        strips = [strip.crop(*crop.column_span) for strip in strips]
    return strips
