"""Text by the cells it takes in a terminal, and tables of it. Texts are clean: see `clean()`."""

from __future__ import annotations

from collections.abc import Sequence


def cell_width(text: str) -> int:
    """The cells that a line takes: two for most East Asian letters and emoji, none for a mark on another letter."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # its tables take long to load, and most text is ASCII

    return max(wcswidth(text), 0)


def padded(text: str, width: int) -> str:
    """The text with spaces after it, so that it takes `width` cells at least."""
    return text + " " * (width - cell_width(text))


def table_rows(rows: Sequence[Sequence[str]], least: int = 0) -> list[list[str]]:
    """The rows of a table, each cell as wide as the widest in its column and `least` cells at least."""
    widths = [max(least, *map(cell_width, column)) for column in zip(*rows, strict=True)]
    return [[padded(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
