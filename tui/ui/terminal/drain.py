"""How fast the terminal reads, as far as what waits for it tells."""

from __future__ import annotations

SLOW = 64_000.0
"""Bytes a second below which a terminal is slow: a full screen takes a good part of a second."""
_ENOUGH_BYTES, _ENOUGH_WAITS = 4_000, 3
"""What must have gone, with how many waits, before a rate is believed."""
FIRST_PATIENCE, LONGEST_PATIENCE = 15.0, 240.0
"""Seconds without another wait after which the terminal is taken for fast again; each time in vain, twice as long."""


class Drain:
    """Is told what went and when it had to wait. Instants are seconds of one steady clock."""

    def __init__(self) -> None:
        self._rate: float | None = None
        self._since: float | None = None
        self._last = self._longest = 0.0
        self._bytes = self._waits = 0
        self._patience, self._until = 0.0, 0.0
        self._clear_at = 0.0

    def went(self, count: int, full: bool, at: float) -> None:
        """`count` bytes were taken; `full` says that there was no room for more."""
        if self._since is None:
            if full:
                self._since = self._last = at
                self._longest = self._bytes = self._waits = 0
            return
        if count:
            self._longest, self._last = max(self._longest, at - self._last), at
            self._bytes += count
            self._waits += full
            self._judge(at - self._since - self._longest, at)

    def emptied(self) -> None:
        """Nothing waits any more."""
        self._since = None

    def _judge(self, seconds: float, at: float) -> None:
        """Believe in a rate, or not yet. `seconds` do without the longest wait: standing still is not being slow."""
        if self._waits < _ENOUGH_WAITS or self._bytes < _ENOUGH_BYTES or self._bytes >= SLOW * seconds:
            return
        if self._rate is None:
            again = at < self._until + self._patience
            self._patience = min(self._patience * 2, LONGEST_PATIENCE) if again else FIRST_PATIENCE
        self._rate, self._until = self._bytes / seconds, at + self._patience

    def handed(self, count: int, at: float) -> None:
        """`count` bytes are to be written."""
        if self._rate is not None:
            self._clear_at = max(self._clear_at, at) + count / self._rate

    def slow(self, at: float) -> bool:
        """Whether the terminal was slow a while ago, and has not been seen to be fast since."""
        if self._rate is not None and at >= self._until:
            self._rate, self._clear_at = None, 0.0
        return self._rate is not None

    def clear(self, at: float) -> bool:
        """Whether a slow terminal should have read everything by now, what lies in buffers on the way included."""
        return at >= self._clear_at
