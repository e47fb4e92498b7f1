"""Text by the cells it takes in a terminal, and tables of it. Texts are clean: see `clean()`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache


def cell_width(text: str) -> int:
    """The cells that a line takes: two for most East Asian letters and emoji, none for a mark on another letter."""
    return len(text) if text.isascii() else _wide(text)


@lru_cache(maxsize=1024)
def _wide(text: str) -> int:
    from wcwidth import wcswidth  # its tables take long to load, and most text is ASCII

    return max(wcswidth(text), 0)


def padded(text: str, width: int) -> str:
    """The text with spaces after it, so that it takes `width` cells at least."""
    return text.ljust(width) if text.isascii() else text + " " * (width - _wide(text))


_INDENT = "        "
"""Before what stands below a row that has no room for it."""


def table_rows(rows: Sequence[Sequence[str]], least: int = 0) -> list[list[str]]:
    """The rows of a table, each cell as wide as the widest in its column and `least` cells at least."""
    widths = [max(least, *map(cell_width, column)) for column in zip(*rows, strict=True)]
    return [[padded(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]


def table_lines(rows: Sequence[Sequence[str]], room: int | None, *, alike: bool) -> list[str]:
    """The lines of a table. Where a row takes more than `room` cells, its last cells stand below it, indented; with
    `alike` then those of all rows do. None says that there is room for any row."""
    table = table_rows(rows)
    full = ["  ".join(cells).rstrip() for cells in table]
    if room is None or not table or max(map(cell_width, full)) <= room:
        return full
    cells = len(table[0])
    kept = next((n for n in range(cells - 1, 1, -1) if cell_width("  ".join(table[0][:n])) <= room), 1)
    lines: list[str] = []
    for row, line in zip(table, full, strict=True):
        if not alike and cell_width(line) <= room:
            lines.append(line)
            continue
        lines.append("  ".join(row[:kept]).rstrip())
        below = wrapped("  ".join(row[kept:]).strip(), max(room - len(_INDENT), 1))
        lines += [f"{_INDENT}{part}".rstrip() for part in below]
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken at spaces; a longer word has a line of its own."""
    return _filled(text.split(" "), width)


def wrapped_sentences(text: str, width: int, indent: int = 0) -> list[str]:
    """The same of each line of a text for people, with so many spaces before what goes on below. What stands between
    backticks is one word: somebody copies it."""
    return [part.rstrip() for line in text.split("\n") for part in _filled(_words(line), width, " " * indent)]


def _words(line: str) -> list[str]:
    words: list[str] = []
    held: list[str] = []
    for word in line.split(" "):
        held.append(word)
        if sum(each.count("`") for each in held) % 2 == 0:
            words.append(" ".join(held))
            held = []
    return words + held  # A backtick that nothing closes holds nothing together.


def _filled(words: Sequence[str], width: int, indent: str = "") -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and cell_width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(f"{indent}{word}" if lines else word)
    return lines
