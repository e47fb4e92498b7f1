"""Painting rows cheaply: the base of the small widgets, and what they share with the answer's view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Self

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.events import Resize
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Piece = tuple[str, str]
"""Text, and the component class whose style it wears."""
Row = tuple[Piece, ...]
TEXT = "painted--text"
"""The component class of plain text."""


if TYPE_CHECKING:
    WidgetMixin = Widget
else:
    WidgetMixin = object  # Textual takes styles and component classes from the first base that is a widget.


class KeptLines(WidgetMixin):
    """Renders its lines once, until `refresh()`, another size or other styles ask for more.

    Textual has every widget in sight render all of its lines for every frame, whatever has changed.
    """

    _kept: tuple[tuple[object, ...], list[Strip]] | None = None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As the base class's."""
        self._kept = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Lines hold colours."""
        super().notify_style_update()
        self._kept = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region."""
        key = (crop, self.size, *self.get_line_filters())
        if self._kept is None or self._kept[0] != key:
            self._kept = key, super().render_lines(crop)
        return self._kept[1]


class FramePainted(KeptLines):
    """A frame around widgets that cover all there is within it, and paint themselves: `refresh()` paints the frame.

    Textual has a container paint everything within it when it gains or loses the focus: a second of a slow line.
    """

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As the base class's, but that what is within the frame is left alone."""
        return super().refresh(*(regions or self._frame()), repaint=repaint, layout=layout, recompose=recompose)

    def _frame(self) -> tuple[Region, ...]:
        """The edges that there are, in the coordinates of what is within them; none, which means all, before it was
        laid out. While it is hidden, the edges that it had: its size is none then, and the frame is kept row by row."""
        (whole, outer), gutter = self.outer_size, self.styles.gutter
        if not self.outer_size:
            return ()
        top, right, bottom, left = gutter
        width, height = whole - gutter.width, outer - gutter.height
        edges = (
            Region(-left, -top, whole, top),
            Region(-left, height, whole, bottom),
            Region(-left, 0, left, height),
            Region(width, 0, right, height),
        )
        return tuple(filter(None, edges)) or (Region(),)


class Canvas(WidgetMixin):
    """Paints in the name of the widgets within it: one message a frame, where each of them would send its own through
    three queues."""

    _parts: list[tuple[Widget, Region]] | None = None
    """What is to be painted at the end of the frame; None outside of one."""

    @contextmanager
    def frame(self) -> Iterator[None]:
        """What is painted within this is painted together at its end."""
        if self._parts is not None:
            yield
            return
        self._parts = []
        try:
            yield
        finally:
            parts, self._parts = self._parts, None
            self._paint(parts)

    def paint_part(self, widget: Widget, region: Region) -> None:
        """Paint a region, in its own coordinates, of a widget within this one."""
        if self._parts is None:
            self._paint([(widget, region)])
        else:
            self._parts.append((widget, region))

    def _paint(self, parts: list[tuple[Widget, Region]]) -> None:
        here = self.region.offset
        regions = [region.translate(place.offset - here) for widget, region in parts if (place := widget.region)]
        if regions:
            self.refresh(*regions)


class CachingWidget(Widget):
    """Remembers how its parts look, and the lines that it has rendered: Textual works out both for every frame."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._looks: dict[str, Style] = {}
        self._ground: Color | None = None
        self._canvas: Canvas | None = None
        self._lines: list[Strip] | None = None
        self._lines_key: tuple[object, ...] = ()
        """What the lines depend on as a whole."""
        self._stale: set[int] = set()
        """Lines that differ from those that were rendered."""

    def on_mount(self) -> None:
        """Find out in whose name to paint."""
        self._canvas = next((node for node in self.ancestors if isinstance(node, Canvas)), None)

    def repaint_part(self, region: Region) -> None:
        """Paint a region again, in the widget's own coordinates."""
        self._stale.update(region.line_range)
        if self._canvas is None or not is_bare(self):
            super().refresh(region)
        else:
            self._canvas.paint_part(self, region)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As the base class's."""
        self._lines = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def lines_of(self, crop: Region, liner: Callable[[], Callable[[int], Strip]], *more: object) -> list[Strip]:
        """The rows of a region of a bare widget, `liner()(y)` being as wide as the widget. They are kept until a region
        of them is painted again, or something of `more` differs, which they all depend on.

        The base class reckons with frames, padding, hatching and opacity for every row; doing without them costs a
        third.
        """
        filters = self.get_line_filters()
        key = (crop, *filters, *more)
        if self._lines is None or key != self._lines_key:
            line, width = liner(), self.outer_size.width
            self._lines, self._lines_key = [self._finished(line(y), crop, filters, width) for y in crop.line_range], key
        elif self._stale:
            line, width = liner(), self.outer_size.width
            for y in self._stale.intersection(crop.line_range):
                self._lines[y - crop.y] = self._finished(line(y), crop, filters, width)
        self._stale.clear()
        return self._lines

    def _finished(self, strip: Strip, crop: Region, filters: Sequence[LineFilter], width: int) -> Strip:
        for line_filter in filters:
            strip = strip.apply_filter(line_filter, self.ground)
        return strip if crop.column_span == (0, width) else strip.crop(*crop.column_span)

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
        self._ground = self._lines = None


class Painted(CachingWidget):
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
                self.repaint_part(Region(start, y, stop - start, 1))

    def on_resize(self, event: Resize) -> None:
        """Rows depend on the width. What was painted since it differs has been measured already."""
        if self.size.width != self._width:
            self._measure()
            self.refresh()

    def _measure(self) -> None:
        """Take over the present width."""
        self._width = self.size.width
        self._strips.clear()
        self._lines = None
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
        return self.lines_of(crop, lambda: self.render_line) if is_bare(self) else super().render_lines(crop)

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
