"""How values of the Python interface show themselves: as a table on a terminal, in Rich, and in a notebook.

Rich and IPython look for these methods on whatever they are given; neither is needed for them. Texts from outside are
cleaned before they are put into a `ShownTable`, and escaped here where they become HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

from tui.core.text.cell_width import cell_width, padded
from tui.core.text.line_width import line_width

_GAP = "  "
_LEAST = 8
"""Cells that a column of texts has at least."""


class RichConsole(Protocol):
    """What is needed of Rich's console."""

    def render_str(self, text: str, *, emoji: bool, markup: bool, highlight: bool) -> Any:
        """A text as it stands."""
        ...


class RichOptions(Protocol):
    """What is needed of Rich's options for one output."""

    @property
    def max_width(self) -> int:
        """Cells of a line."""
        ...


class PrettyPrinter(Protocol):
    """What is needed of IPython's printer."""

    def text(self, text: str) -> Any:
        """Write this."""
        ...


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table for the eyes: its texts are clean, and one line each."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str] = ()
    """Sentences below it."""
    numbers: frozenset[int] = frozenset()
    """The columns of numbers, which stand to the right, and are never broken."""
    cut: frozenset[int] = frozenset()
    """The columns whose texts are cut where there is no room, and take one line always."""

    def text(self, width: int) -> str:
        """The table in lines of at most `width` cells, where its numbers leave that much room."""
        lines = [self.title] if self.title else []
        if self.rows:
            widths = self._widths(width)
            lines += self._lines(self.headings, widths)
            lines.append(_GAP.join("─" * cells for cells in widths))
            for row in self.rows:
                lines += self._lines(row, widths)
        for remark in self.remarks:
            lines += _broken(remark, width)
        return "\n".join(lines)

    def html(self) -> str:
        """The table for a page."""
        parts = ["<table>"]
        if self.title:
            parts.append(f"<caption>{escape(self.title)}</caption>")
        if self.rows:
            parts.append(f"<thead><tr>{''.join(self._cells('th', self.headings))}</tr></thead>")
            body = "".join(f"<tr>{''.join(self._cells('td', row))}</tr>" for row in self.rows)
            parts.append(f"<tbody>{body}</tbody>")
        return "".join([*parts, "</table>", *(f"<p>{escape(remark)}</p>" for remark in self.remarks)])

    def _cells(self, tag: str, cells: Iterable[str]) -> Iterator[str]:
        for column, cell in enumerate(cells):
            side = "right" if column in self.numbers else "left"
            yield f'<{tag} style="text-align:{side}">{escape(cell)}</{tag}>'

    def _widths(self, width: int) -> list[int]:
        widths = [
            max(*map(cell_width, heading.split(" ") if place in self.numbers else [heading]), *map(cell_width, column))
            for place, (heading, column) in enumerate(zip(self.headings, zip(*self.rows, strict=True), strict=True))
        ]
        over = sum(widths) + len(_GAP) * (len(widths) - 1) - width
        while over > 0:
            texts = [column for column in range(len(widths)) if column not in self.numbers and widths[column] > _LEAST]
            if not texts:
                break
            # Those first of which only a part is meant to be shown.
            widest = max(texts, key=lambda column: (column in self.cut, widths[column]))
            widths[widest] -= 1
            over -= 1
        return widths

    def _lines(self, row: Sequence[str], widths: Sequence[int]) -> list[str]:
        broken = [
            [_cut(cell, cells)] if column in self.cut else _broken(cell, cells)
            for column, (cell, cells) in enumerate(zip(row, widths, strict=True))
        ]
        lines = []
        for number in range(max(map(len, broken))):
            parts = [lines_of[number] if number < len(lines_of) else "" for lines_of in broken]
            shown = [
                " " * (cells - cell_width(part)) + part if column in self.numbers else padded(part, cells)
                for column, (part, cells) in enumerate(zip(parts, widths, strict=True))
            ]
            lines.append(_GAP.join(shown).rstrip())
        return lines


class Displayed:
    """A value that shows itself. A subclass says what by `_tables()`."""

    __slots__ = ()

    def _tables(self) -> Sequence[ShownTable]:
        raise NotImplementedError

    def text(self, width: int) -> str:
        """What `print` shows, in lines of `width` cells where that is possible."""
        return "\n\n".join(table.text(width) for table in self._tables())

    def __str__(self) -> str:
        return self.text(line_width())

    def __rich_console__(self, console: RichConsole, options: RichOptions) -> Iterator[Any]:
        """For Rich: the table as text without any markup, whatever it holds."""
        yield console.render_str(self.text(options.max_width), emoji=False, markup=False, highlight=False)

    def _repr_html_(self) -> str:
        """For notebooks."""
        return "".join(table.html() for table in self._tables())

    def _repr_pretty_(self, printer: PrettyPrinter, cycle: bool) -> None:
        """For IPython on a terminal."""
        printer.text("…" if cycle else str(self))


def _broken(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells: at spaces where that is possible."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_width(longer) <= width:
            lines[-1] = longer
            continue
        rest = word
        if lines[-1]:
            lines.append("")
        while cell_width(rest) > width:
            kept = _fitting(rest, width)
            lines[-1] = rest[:kept]
            lines.append("")
            rest = rest[kept:]
        lines[-1] = rest
    return lines


def _cut(text: str, width: int) -> str:
    """The beginning of a text, where all of it takes more than `width` cells."""
    return text if cell_width(text) <= width else f"{text[: _fitting(text, width - 1)]}…"


def _fitting(text: str, width: int) -> int:
    """How many characters fit, one at least."""
    kept = min(len(text), width)
    while kept > 1 and cell_width(text[:kept]) > width:
        kept -= 1
    return max(kept, 1)
