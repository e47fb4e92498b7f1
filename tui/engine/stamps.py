"""The one clock, and the instants of one request at its socket."""

from __future__ import annotations

import time
from collections.abc import Callable

clock = time.perf_counter_ns
"""The one clock that every instant is read from."""


class Stamps:
    """The instants that the transport takes of one request, in nanoseconds of `clock`."""

    __slots__ = ("_begun", "_on_sent", "connect_ns", "read_at", "read_number", "sent")

    def __init__(self, on_sent: Callable[[], None]) -> None:
        self.connect_ns = 0
        """How long connecting took: name, connection, a proxy's tunnel and encryption."""
        self._begun: int | None = None
        self.sent: int | None = None
        self.read_at = 0
        """Instant of the last read of the socket."""
        self.read_number = 0
        """How many reads there have been."""
        self._on_sent = on_sent

    def connected(self, started: int) -> None:
        """Note that one step of connecting is done, which began at `started`."""
        self._begun = self._begun or started
        self.connect_ns = clock() - self._begun

    def writing(self) -> None:
        """Note that the request is about to be written; the first call is the zero of every latency."""
        if self.sent is None:
            self.sent = clock()
            self._on_sent()

    def read(self, at: int) -> None:
        """Note that the bytes being processed were read from the socket at this instant."""
        self.read_at = at
        self.read_number += 1
