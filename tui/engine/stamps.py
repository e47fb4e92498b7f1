"""The one clock, and what was seen of one request by it."""

from __future__ import annotations

import time
from collections.abc import Callable

clock = time.perf_counter_ns
"""The one clock every instant is read from."""


class Stamps:
    """What the transport saw of one request, in nanoseconds of `clock`."""

    __slots__ = ("_begun", "_on_sent", "connect_ns", "read_at", "read_number", "sent")

    def __init__(self, on_sent: Callable[[], None]) -> None:
        self.connect_ns = 0
        """How long it took until the host could be written to: name, connection, a proxy's tunnel and encryption."""
        self._begun: int | None = None
        self.sent: int | None = None
        self.read_at = 0
        """Instant of the newest read of the socket."""
        self.read_number = 0
        """How many reads there have been."""
        self._on_sent = on_sent

    def connected(self, started: int) -> None:
        """One step of connecting is done; `started` is when it began."""
        self._begun = self._begun or started
        self.connect_ns = clock() - self._begun

    def writing(self) -> None:
        """The request is about to be written; the first call is the zero of every latency."""
        if self.sent is None:
            self.sent = clock()
            self._on_sent()

    def read(self, at: int) -> None:
        """What the socket was read of at this instant is taken."""
        self.read_at = at
        self.read_number += 1
