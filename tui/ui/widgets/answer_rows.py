"""How one row of an answer's view looks: its text, what of it is selected, and the mark of where the view is."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

MARK = "▐"


class Looks(NamedTuple):
    """All that a row's strip depends on."""

    text: str
    style: Style
    width: int
    """Cells of the text; the mark takes one more."""
    mark: Style | None
    """None where the view is not."""
    selectable: bool
    """Rows that can be selected with the mouse cost more to paint and to send."""
    span: tuple[int, int] | None
    """First and last selected character; -1 stands for the row's end."""
    selected: Style | None


def paint(row: int, looks: Looks) -> Strip:
    """The strip of row number `row`, always `width` + 1 cells wide."""
    text, style = looks.text.rstrip(" "), looks.style
    blank = Segment(" " * (looks.width - cell_len(text) + (looks.mark is None)), style)
    mark = [Segment(MARK, looks.mark)] if looks.mark is not None else []
    if not looks.selectable:
        return Strip([Segment(text + blank.text, style), *mark], looks.width + 1)
    start, stop = looks.span or (0, 0)
    stop = len(text) if stop < 0 else stop
    parts = ((text[:start], style), (text[start:stop], looks.selected or style), (text[stop:], style))
    strip = Strip([Segment(part, how) for part, how in parts if part]).apply_offsets(0, row)
    return Strip([*strip, blank, *mark], looks.width + 1)


def marked_rows(top: int, height: int, total: int) -> range:
    """Which rows of a view of `height` rows, showing `total` from `top` on, carry the mark; none when all are shown."""
    if total <= height:
        return range(0)
    length = max(round(height * height / total), 1)
    start = round(top / (total - height) * (height - length))
    return range(start, start + length)
