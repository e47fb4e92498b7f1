"""How far a plan has come, in the last line of a terminal; nothing where stderr is none."""

from __future__ import annotations

import shutil
from typing import TextIO

from tui.core.plans.progress import Progress
from tui.core.text.cell_width import cell_width

_BAR = 20
"""Cells of the bar."""


class ProgressLine:
    """A line that is written again and again, and cleared before anything else is written."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._written = 0
        """Cells that the line takes."""

    @property
    def shows(self) -> bool:
        """Whether there is a terminal to write to."""
        return self._stream is not None and self._stream.isatty()

    def show(self, progress: Progress) -> None:
        """Write how far it has come over what stands there."""
        if self._stream is None or not self.shows:
            return
        self.clear()
        done = _BAR * progress.ended // max(progress.total, 1)
        line = f"[{'#' * done}{'.' * (_BAR - done)}] {progress.in_words()}"
        # A line that fills the last column is two lines to a terminal.
        if cell_width(line) >= shutil.get_terminal_size().columns:
            line = progress.in_words()
        if cell_width(line) >= shutil.get_terminal_size().columns:
            return
        self._stream.write(line)
        self._stream.flush()
        self._written = cell_width(line)

    def clear(self) -> None:
        """Take the line away."""
        if self._stream is not None and self._written:
            self._stream.write("\r" + " " * self._written + "\r")
            self._stream.flush()
            self._written = 0
