"""Writes to the terminal in a thread: painting never waits for it, and knows how many bytes do."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from tui.ui.terminal.throughput import Throughput

_MOMENT = 0.05
"""Seconds between two checks whether everything has been written."""


class Sink(Protocol):
    """Where bytes go."""

    def put(self, data: memoryview) -> tuple[int, bool]:
        """Write as many bytes as there is room for, waiting a moment for room. Returns how many were written, and
        whether there was too little room.

        Raises OSError when the terminal is gone.
        """

    def discard(self) -> None:
        """Drop what was written and has not been read, as far as that is possible."""

    def close(self) -> None:
        """Release the terminal."""


class TerminalWriter:
    """An unbounded queue of bytes. It stays short, because nothing is painted while much is waiting."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._state = threading.Condition()  # May be entered again: a signal's handler writes, too.
        self._queue: deque[memoryview] = deque()
        self._waiting = 0
        self._full = False
        self._closing = False
        self._last: list[bytes] | None = None
        """What was written since `begin_restoring()`."""
        self._when_empty: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        self._sink: Sink | None = None
        self._throughput = Throughput()
        self.restore_terminal: Callable[[], None] = lambda: None
        """Restores the terminal, from any thread, where the program cannot end as usual. It may block for long."""

    def open(self, sink: Sink) -> None:
        """Start writing to this terminal."""
        from tui.background import start

        self._sink, self._closing, self._last = sink, False, None
        self._thread = start(partial(self._run, sink), "terminal")

    @property
    def waiting(self) -> int:
        """Bytes that have not been written yet."""
        return self._waiting

    @property
    def stuck(self) -> bool:
        """Whether bytes wait because there was no room for them."""
        return self._full and self._waiting > 0

    @property
    def slow(self) -> bool:
        """Whether the terminal reads so slowly that less should be painted."""
        with self._state:
            return self._throughput.slow(self._clock())

    @property
    def clear(self) -> bool:
        """Whether no byte waits, neither here nor, on a slow terminal, in a buffer on the way to it."""
        with self._state:
            return not self._waiting and self._throughput.clear(self._clock())

    def write(self, text: str) -> None:
        """Put this at the end of the queue, and return at once."""
        data = text.encode("utf-8", "replace")  # Half a surrogate pair must not end the thread.
        with self._state:
            if self._last is not None:
                self._last.append(data)
            if self._thread is not None and data:
                self._queue.append(memoryview(data))
                self._waiting += len(data)
                self._throughput.queued(len(data), self._clock())
                self._state.notify_all()

    def when_empty(self, call: Callable[[], None]) -> None:
        """Have this called once, in any thread, when no byte is waiting."""
        with self._state:
            if self._waiting:
                self._when_empty.append(call)
                return
        call()

    def begin_restoring(self) -> None:
        """Drop the frames that wait: nobody will see them. What is written from here on restores the terminal."""
        with self._state:
            self._clear_queue()
            self._last = []

    def close(self, patience: float) -> None:
        """Stop when everything has been written, or at least what restores the terminal. Takes little more than
        `patience` seconds."""
        thread = self._thread
        if thread is None:
            return
        if not self._written_within(patience) and self._sink is not None:
            with self._state:
                self._clear_queue()
                self._sink.discard()
                for data in self._last or ():
                    self._queue.append(memoryview(data))
                    self._waiting += len(data)
                self._state.notify_all()
            self._written_within(patience / 4)
        with self._state:
            self._closing = True
            self._state.notify_all()
        thread.join(patience / 4)
        self._thread = None

    def _written_within(self, seconds: float) -> bool:
        until = self._clock() + seconds
        with self._state:
            while self._waiting and (left := until - self._clock()) > 0:
                self._state.wait(min(left, _MOMENT))
            return not self._waiting

    def _clear_queue(self) -> None:
        self._queue.clear()
        self._waiting = 0

    def _run(self, sink: Sink) -> None:
        try:
            while (data := self._next()) is not None:
                self._written(data, *sink.put(data))
        except (OSError, ValueError):  # ValueError: it has been closed.
            self._lose()
        finally:
            sink.close()

    def _next(self) -> memoryview | None:
        with self._state:
            while not self._queue and not self._closing:
                self._state.wait()
            return None if self._closing else self._queue[0]

    def _written(self, data: memoryview, count: int, full: bool) -> None:
        with self._state:
            self._full = full
            self._throughput.written(count, full, self._clock())
            if self._queue and self._queue[0] is data:  # else the queue has been cleared meanwhile
                self._waiting -= count
                self._queue.popleft()
                if count < len(data):
                    self._queue.appendleft(data[count:])
            if self._waiting:
                return
            self._throughput.emptied()
            self._state.notify_all()
            calls, self._when_empty = self._when_empty, []
        for call in calls:
            call()

    def _lose(self) -> None:
        """The terminal is gone: there is nothing to wait for."""
        with self._state:
            self._clear_queue()
            self._thread = None
            self._state.notify_all()
            calls, self._when_empty = self._when_empty, []
        for call in calls:
            call()
