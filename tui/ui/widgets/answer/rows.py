"""How one row of an answer's view looks: its text, what of it is selected, and the mark of where the view is."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

MARK = "▐"


class RowSpec(NamedTuple):
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
    pieces: list[Segment] | None = None
    """The text in pieces with styles of their own, where it has such."""
    highlights: tuple[tuple[int, int, Style], ...] = ()
    """First character, the one after the last, and what is added to the style; none of them within another."""


def paint(row: int, row_spec: RowSpec) -> Strip:
    """The strip of row number `row`, always `width` + 1 cells wide."""
    text, style = row_spec.text.rstrip(" "), row_spec.style
    blank = Segment(" " * (row_spec.width - cell_len(text) + (row_spec.mark is None)), style)
    mark = [Segment(MARK, row_spec.mark)] if row_spec.mark is not None else []
    if not row_spec.selectable and not row_spec.highlights:
        return Strip([Segment(text + blank.text, style), *mark], row_spec.width + 1)
    pieces = highlighted(row_spec.pieces or [Segment(text, style)], row_spec.highlights)
    start, stop = row_spec.span or (0, 0)
    stop = len(text) if stop < 0 else stop
    made: list[Segment] = []
    at = 0
    for piece in pieces:
        cuts = sorted({0, *(min(max(cut - at, 0), len(piece.text)) for cut in (start, stop)), len(piece.text)})
        for begin, end in pairwise(cuts):
            chosen = row_spec.selected is not None and start <= at + begin < stop
            made.append(Segment(piece.text[begin:end], row_spec.selected if chosen else piece.style))
        at += len(piece.text)
    return Strip([*Strip(made).apply_offsets(0, row), blank, *mark], row_spec.width + 1)


def highlighted(pieces: list[Segment], highlights: tuple[tuple[int, int, Style], ...]) -> list[Segment]:
    """The pieces of a row, cut where a highlight begins and ends."""
    for start, stop, added in highlights:
        made: list[Segment] = []
        at = 0
        for piece in pieces:
            text, length = piece.text, len(piece.text)
            begin, end = (min(max(cut - at, 0), length) for cut in (start, stop))
            within = Segment(text[begin:end], (piece.style or Style()) + added)
            parts = (Segment(text[:begin], piece.style), within, Segment(text[end:], piece.style))
            made += [part for part in parts if part.text]
            at += length
        pieces = made
    return pieces


def marked_rows(top: int, height: int, total: int) -> range:
    """Which rows of a view of `height` rows, showing `total` from `top` on, carry the mark; none when all are shown."""
    if total <= height:
        return range(0)
    length = max(round(height * height / total), 1)
    start = round(top / (total - height) * (height - length))
    return range(start, start + length)
