"""A terminal's screen, as far as the program's frames need one: text with its style, moves, erasing."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.cells import cell_len

_PARTS = re.compile(r"\x1b\[([?>=<]?)([0-9;]*)([ -/]*[@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|\n|[^\x1b\n]+")
_SEEN = re.compile("[\U0001f1e6-\U0001f1ff]{2}|.", re.DOTALL)
PLAIN = ("", "", "")
_ENDS = {"22": {"1", "2"}, "23": {"3"}, "24": {"4", "21"}, "27": {"7"}, "29": {"9"}}
"""Which attributes a number ends."""


class Emulator:
    """Rows of cells; each is a character and the style it was written in: attributes, foreground, background.

    What goes beyond the right edge is gone: a frame never gets there.
    """

    def __init__(self, width: int, height: int, cells: Callable[[str], int] = cell_len) -> None:
        """`cells` is this terminal's opinion of how wide a character is, what joins to it included."""
        self.width, self.height, self._cells = width, height, cells
        self.cells = [[(" ", PLAIN)] * width for _ in range(height)]
        self.row = self.column = 0
        self.style = PLAIN

    @property
    def rows(self) -> list[str]:
        """The text of the screen."""
        return ["".join(text for text, _ in row).rstrip() for row in self.cells]

    def feed(self, data: str) -> None:
        """Take in what a program wrote; with line ends as the program wrote them."""
        for found in _PARTS.finditer(data):
            private, numbers, kind = found[1], found[2] or "", found[3]
            if kind is None:
                if found[0] == "\n":
                    self._feed_line()
                elif not found[0].startswith("\x1b"):
                    for seen in _seen(found[0]):
                        self._write(seen)
            elif not private:
                first = int(numbers.partition(";")[0] or 1)
                if kind == "m":
                    self._dress(numbers)
                elif kind == "H":
                    row, _, column = numbers.partition(";")
                    self.row, self.column = int(row or 1) - 1, int(column or 1) - 1
                elif kind == "C":
                    self.column += first
                elif kind == "G":
                    self.column = first - 1
                elif kind == "X":
                    for at in range(self.column, min(self.column + first, self.width)):
                        self.cells[self.row][at] = (" ", self.style)

    def _feed_line(self) -> None:
        self.row, self.column = self.row + 1, 0
        if self.row == self.height:
            self.row -= 1
            self.cells = [*self.cells[1:], [(" ", self.style)] * self.width]

    def _write(self, text: str) -> None:
        cells = self._cells(text)
        row = self.cells[self.row]
        begin, end = self.column, min(self.column + cells, self.width)
        # Of a wide character that is half written over, nothing is left.
        for at in (begin, end):
            first = at
            while 0 < first < self.width and row[first][0] == "":
                first -= 1
            if first < at < self.width and row[at][0] == "" and begin < end:
                for other in range(first, self.width):
                    if other > first and row[other][0] != "":
                        break
                    row[other] = (" ", row[other][1])
        for at in range(begin, end):
            row[at] = (text if at == begin else "", self.style)
        self.column += cells

    def _dress(self, numbers: str) -> None:
        attributes, fore, back = self.style
        codes = re.findall(r"[34]8;2;\d+;\d+;\d+|[34]8;5;\d+|\d+", numbers or "0")
        for code in codes:
            first = int(code.partition(";")[0])
            if first == 0:
                attributes, fore, back = PLAIN
            elif 30 <= first < 40 or 90 <= first < 98:
                fore = code
            elif 40 <= first < 50 or 100 <= first < 108:
                back = code
            else:
                ended = _ENDS.get(code)
                given = {*attributes.split(";"), code} if ended is None else {*attributes.split(";")} - ended
                attributes = ";".join(sorted(given - {""}))
        self.style = (attributes, fore, back)


def _seen(text: str) -> list[str]:
    """The text in characters as they are seen."""
    found: list[str] = []
    joined = False
    for match in _SEEN.finditer(text):
        if found and (joined or match[0] in "\u200d\ufe0f" or cell_len(match[0]) == 0):
            found[-1] += match[0]
        else:
            found.append(match[0])
        joined = match[0] == "\u200d"
    return found
