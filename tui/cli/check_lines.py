"""Checks as lines: in a pipe each whole and as it comes, on a terminal so that they fit its width and 24 rows."""

from __future__ import annotations

import shutil
import sys

from tui.cli.output import show
from tui.core.text.cell_width import cell_width, wrapped
from tui.core.text.clean import clean_line

_NAME_SHOWN = 60
"""Characters of a check's name."""
_ROWS = 20
"""Rows for the checks of models, of a terminal's 24: the host's come above them, the prompt of the shell below."""
_EACH = 8
"""So many models have a line each; of more only those that fail have, and the others are counted."""
_MOST, _LEAST_ROWS = 4, 2
"""Rows that one check may take."""


class CheckLines:
    """Writes checks to stdout, one after another."""

    def __init__(self) -> None:
        self._fits = sys.stdout is not None and sys.stdout.isatty()
        self._rows = _MOST
        self._expected = 0
        self._well = self._failed = self._hidden = 0

    def expect(self, models: int) -> None:
        """So many models are going to be checked: from here on every check is a model's."""
        self._expected = models
        self._rows = max(_LEAST_ROWS, min(_MOST, _ROWS // max(models, 1)))

    def show(self, name: str, found: str, *, well: bool) -> None:
        """Write a check, or count it where there are too many for a terminal."""
        begin = "ok  " if well else "FAIL"
        if not self._fits:
            show(f"{begin}  {clean_line(name, _NAME_SHOWN)}: {clean_line(found)}")
            return
        if self._expected > _EACH:
            self._well += well
            self._failed += not well
            if well or self._failed > _EACH:
                self._hidden += not well
                return
        for row in _rows(begin, clean_line(name, _NAME_SHOWN), clean_line(found), _width(), self._rows):
            show(row)

    def close(self) -> None:
        """Write how many were only counted."""
        if self._well:
            show(f"ok    {self._well} of {self._well + self._failed} models answer")
        if self._hidden:
            show(f"FAIL  {self._hidden} more, see --json or --junit")


def _width() -> int:
    return max(20, shutil.get_terminal_size().columns - 1)


def _rows(begin: str, name: str, found: str, width: int, most: int) -> list[str]:
    """The check in at most so many rows, the later ones indented; what is cut is marked."""
    indent = " " * 6
    room = width - len(indent)
    words = []
    for word in f"{name}: {found}".split(" "):
        while cell_width(word) > room:
            cut = _fitting(word, room)
            words.append(cut)
            word = word[len(cut) :]
        words.append(word)
    lines = wrapped(" ".join(words), room)
    if len(lines) > most:
        last = _fitting(lines[most - 1], room - 1)
        lines = [*lines[: most - 1], f"{last}…"]
    return [f"{begin}  {lines[0]}", *(indent + line for line in lines[1:])]


def _fitting(text: str, room: int) -> str:
    """As much of the text's beginning as takes at most so many cells; one character at least."""
    end = min(len(text), room)
    while end > 1 and cell_width(text[:end]) > room:
        end -= 1
    return text[:end]
