"""How fast the terminal reads, seen from how long bytes wait for it."""

from __future__ import annotations

SLOW = 64_000.0
"""Bytes a second below which a terminal is slow: a full screen takes a good part of a second."""
_ENOUGH_BYTES, _ENOUGH_WAITS = 8_000, 6
"""How much must have been written, with how many waits, before a rate is believed."""
_MEMORY = 10.0
"""Seconds without a wait after which earlier waits no longer count."""
FIRST_PATIENCE, LONGEST_PATIENCE = 15.0, 240.0
"""Seconds without a wait after which the terminal counts as fast again; doubled each time that proves wrong."""


class Throughput:
    """Estimates a rate from what was written and when there was no room. Instants are seconds of one steady clock."""

    def __init__(self) -> None:
        self._rate: float | None = None
        self._since: float | None = None
        """When there was no room for the first time since bytes wait; None while none do."""
        self._last = self._longest = 0.0
        self._bytes = self._waits = 0
        self._seconds = 0.0
        self._patience, self._until = 0.0, 0.0
        self._clear_at = 0.0

    def written(self, count: int, full: bool, at: float) -> None:
        """`count` bytes were written; `full` says that there was no room for more."""
        if self._since is None:
            if full:
                if at - self._last > _MEMORY:
                    self._forget()
                self._since = self._last = at
                self._longest = 0.0
        elif count:
            self._longest, self._last = max(self._longest, at - self._last), at
            self._bytes += count
            self._waits += full
            self._judge(at)

    def emptied(self) -> None:
        """No byte waits any longer."""
        self._seconds += self._waited()
        self._since = None

    def _waited(self) -> float:
        """Seconds of waiting but for the longest wait: a terminal that stood still is not slow."""
        return 0.0 if self._since is None else max(self._last - self._since - self._longest, 0.0)

    def _judge(self, at: float) -> None:
        """Accept a rate once enough has been seen."""
        if self._waits < _ENOUGH_WAITS or self._bytes < _ENOUGH_BYTES:
            return
        seconds = self._seconds + self._waited()
        if self._bytes < SLOW * seconds:
            if self._rate is None:
                again = at < self._until + self._patience
                self._patience = min(self._patience * 2, LONGEST_PATIENCE) if again else FIRST_PATIENCE
            self._rate, self._until = self._bytes / seconds, at + self._patience
        elif self._bytes > 4 * _ENOUGH_BYTES:
            self._forget()

    def _forget(self) -> None:
        self._bytes = self._waits = 0
        self._seconds = 0.0

    def queued(self, count: int, at: float) -> None:
        """`count` bytes wait to be written."""
        if self._rate is not None:
            self._clear_at = max(self._clear_at, at) + count / self._rate

    def slow(self, at: float) -> bool:
        """Whether the terminal was slow a while ago and has not been fast since."""
        if self._rate is not None and at >= self._until:
            self._rate, self._clear_at = None, 0.0
            self._forget()
        return self._rate is not None

    def clear(self, at: float) -> bool:
        """Whether a slow terminal should have read everything by now, including what is in buffers on the way."""
        return at >= self._clear_at
