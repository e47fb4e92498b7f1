"""Breaking a logical line into rows by the width of its characters on a terminal."""

from __future__ import annotations

import re

from tui.ui.cells import cells_needed, clusters

TAB_STOP = 4
"""Cells from one tab stop to the next."""
NARROWEST = 2
"""Cells a row has at least: the widest characters take two."""

# Characters known to take one cell each: what most answers are made of, so that measuring them is counting them.
_SIMPLE = re.compile(
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u0482\u048a-\u052f"
    "\u2010-\u2027\u2030-\u203b\u2400-\u2426\u2500-\u259f]*"
)
# Closing marks that do not open a row of Chinese or Japanese.
_NO_START = frozenset("、。，．：；！？）］｝」』】〉》〕々ー…")


def wrap(line: str, width: int) -> list[str]:
    """The rows of a logical line (clean, without line feed), none of them wider than `width` cells in any terminal.

    Rows break at spaces, beside wide characters, and within words longer than a row. The spaces at a break are left
    out; nothing else is.
    """
    return [row.rstrip(" ") for row in slices(untab(line), width)]


def slices(line: str, width: int) -> list[str]:
    """The line cut at its breaks, losing nothing: the spaces at a break hang over the end of their row."""
    at = _simple_breaks(line, max(width, NARROWEST)) if _SIMPLE.fullmatch(line) else breaks(line, width)
    return [line[start:stop] for start, stop in zip(at, [*at[1:], len(line)], strict=True)]


def untab(line: str) -> str:
    """The line with its tabs as spaces up to the next tab stop."""
    if "\t" not in line:
        return line
    first, *others = line.split("\t")
    text, column = first, cells_needed(first)
    for part in others:
        gap = TAB_STOP - column % TAB_STOP
        text += " " * gap + part
        column += gap + cells_needed(part)
    return text


def breaks(line: str, width: int) -> list[int]:
    """Where each row of any line begins, the first at 0."""
    width = max(width, NARROWEST)
    rows = [0]
    start = column = 0
    chance, chance_column = 0, 0  # the last place in this row where it may be broken, and the cells before it
    filled = False  # whether the row holds more than its indent
    wide = False  # whether the last character was a wide one
    for begin, end, known, cells, most in clusters(line):
        if line[begin] == " ":
            column += cells
            if filled:
                chance, chance_column = end, column
            wide = False
            continue
        if (wide or known > 1) and filled and line[begin] not in _NO_START:
            chance, chance_column = begin, column
        # One cell beyond a row is free. What may take more of them in some terminal comes into the next row.
        while column + max(cells, most - 1) > width and begin > start:
            start, gone = (chance, chance_column) if chance > start else (begin, column)
            rows.append(start)
            column -= gone
        column += cells
        filled, wide = True, known > 1
    return rows


def _simple_breaks(line: str, width: int) -> list[int]:
    """`breaks()` where every character takes one cell."""
    rows = [0]
    start = 0
    stop = len(line.rstrip(" "))
    while stop - start > width:
        space = line.rfind(" ", start, start + width + 1)
        if space < 0 or not line[start:space].strip(" "):
            start += width
            while line[start] == " ":
                start += 1
        else:
            start = space + 1
            while line[start] == " ":
                start += 1
        rows.append(start)
    return rows
