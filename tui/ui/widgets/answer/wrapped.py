"""Text that grows at its end, kept as rows: what is complete is cleaned and wrapped once."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from tui.core.text.clean import clean
from tui.ui.widgets.answer.wrapping import slices, untab

LONG = 800
"""Characters after which the beginning of an unfinished line is settled too."""

# Where text may be cut without changing what `clean()` makes of it: no mark, joiner, surrogate or CR on either side.
_UNDECIDED = re.compile("(?:\r|[\u200b-\u200d]|(?<=\U0001f3f4)[\U000e0030-\U000e007a]{1,6})\\Z")
"""An end that may be half a line end, join to what comes next, or become the flag of a part of a country."""
_SEAM = re.compile(r"(?<=[\w ])(?=[\w ])")


@dataclass(frozen=True, slots=True)
class TextPosition:
    """A row's first character, by logical line and offset in it: it outlives a change of width."""

    line: int
    offset: int


class WrappedText:
    """Raw text from outside as clean rows of at most `width` cells; spaces at a break hang over the end of a row."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.restarts = 0
        """How often the text did not continue what was there."""
        self.rows: list[str] = []
        self._raw = ""
        self._starts: list[int] = []
        """The first row of each logical line, the unfinished one included."""
        self._open = 0
        """Where in the raw text the part begins that may still change."""
        self._open_row = 0
        self._carry = ""
        """The last row of an unfinished line's settled part: it begins the part that may still change."""

    @property
    def raw(self) -> str:
        """The text as it was handed over."""
        return self._raw

    def update(self, text: str) -> int:
        """Take the whole text so far. Returns the first row that differs; a text that does not continue replaces it."""
        if len(text) == len(self._raw) and text == self._raw:
            return len(self.rows)
        if not text.startswith(self._raw):
            self.restarts += 1
            self._reset()
        self._raw = text
        before = self.rows[self._open_row :]
        del self.rows[self._open_row :]
        first = self._open_row
        self._take_complete_lines()
        self._take_open_line()
        for old, new in zip(before, self.rows[first:], strict=False):
            if old != new:
                break
            first += 1
        return first

    def resize(self, width: int) -> None:
        """Wrap everything for another width."""
        text, self.width = self._raw, width
        self._reset()
        self.update(text)

    def position(self, row: int) -> TextPosition:
        """Which text a row begins with."""
        line = max(bisect_right(self._starts, row) - 1, 0)
        start = self._starts[line] if self._starts else 0
        return TextPosition(line, sum(len(slice_) for slice_ in self.rows[start:row]))

    def row_of(self, position: TextPosition) -> int:
        """The row that holds a position."""
        if position.line >= len(self._starts):
            return len(self.rows)
        row, left = self._starts[position.line], position.offset
        while row < len(self.rows) - 1 and left >= len(self.rows[row]) > 0:
            left -= len(self.rows[row])
            row += 1
        return row

    def continues(self, row: int) -> bool:
        """Whether a row goes on with the logical line of the row above."""
        at = bisect_right(self._starts, row) - 1
        return at >= 0 and self._starts[at] != row

    def _reset(self) -> None:
        self.rows, self._starts = [], []
        self._raw = self._carry = ""
        self._open = self._open_row = 0

    def _take_complete_lines(self) -> None:
        end = self._raw.rfind("\n", self._open) + 1
        if not end:
            return
        for line in self._raw[self._open : end - 1].split("\n"):
            self._wrap(line.removesuffix("\r"))
            self._carry = ""
            self._open_row = len(self.rows)
        self._open = end

    def _take_open_line(self) -> None:
        line = _UNDECIDED.sub("", self._raw[self._open :])
        if len(line) > LONG and "\t" not in line:
            seams = [match.start() for match in _SEAM.finditer(line, len(line) - LONG // 2)]
            if seams:
                seam = seams[-1]
                self._wrap(line[:seam])
                self._carry = self.rows.pop()
                self._open += seam
                self._open_row = len(self.rows)
                line = line[seam:]
        if line or self._carry:
            self._wrap(line)

    def _wrap(self, line: str) -> None:
        if not self._carry:
            del self._starts[bisect_right(self._starts, self._open_row - 1) :]
            self._starts.append(len(self.rows))
        self.rows += slices(untab(clean(self._carry + line)), self.width)
