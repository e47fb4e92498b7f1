"""When a session's file may be written whole once more, so that a long sitting does not write it at every ending."""

from __future__ import annotations

import time
from collections.abc import Callable

BYTES_PER_SECOND = 10_000
"""What a second pays for: a file of 1 MB is never more than 100 s behind."""


class SavePace:
    """Writing the file costs its size. What the journal takes pays that back byte for byte, and so does time.

    A file that is always paid for before it is written again costs, over a whole sitting, at most the bytes of the
    journal, `BYTES_PER_SECOND` and twice the last file: the sum grows with what is said, not with its square.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds."""
        self._clock = clock
        self._owed = 0.0
        self._at = clock()

    def written(self, size: int) -> None:
        """So many bytes of the file were written, or tried."""
        self._settle()
        self._owed += size

    def journaled(self, size: int) -> None:
        """So many bytes were added to the journal. What is paid beyond the debt is not saved up."""
        self._settle()
        self._owed = max(self._owed - size, 0)

    def free_at(self) -> float:
        """The instant from which on the file may be written, if nothing more is journaled until then."""
        return self._at + self._owed / BYTES_PER_SECOND

    def _settle(self) -> None:
        now = self._clock()
        self._owed = max(self._owed - (now - self._at) * BYTES_PER_SECOND, 0)
        self._at = now
