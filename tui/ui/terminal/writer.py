"""What is written to the terminal, by a thread: whoever paints never waits, and knows how much does."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from tui.ui.terminal.throughput import Throughput

_MOMENT = 0.05
"""Seconds between two looks at whether everything has gone."""


class Sink(Protocol):
    """Where bytes go."""

    def put(self, data: memoryview) -> tuple[int, bool]:
        """Take what there is room for, waiting a moment for some: how many bytes, and whether there was too little.

        Raises OSError when the terminal is gone.
        """

    def give_up(self) -> None:
        """Forget what was taken and nobody has read, as far as that can be done."""

    def close(self) -> None:
        """Let go of the terminal."""


class TerminalWriter:
    """A queue without bound, of bytes; it stays short because nobody paints while much is waiting."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._state = threading.Condition()  # May be entered again: a signal's handler writes, too.
        self._queue: deque[memoryview] = deque()
        self._waiting = 0
        self._full = False
        self._closing = False
        self._last: list[bytes] | None = None
        """What was written since `leave()`."""
        self._when_empty: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        self._sink: Sink | None = None
        self._drain = Throughput()
        self.put_back: Callable[[], None] = lambda: None
        """Puts the terminal back in order, in any thread, where the program cannot leave as usual. It may take long."""

    def open(self, sink: Sink) -> None:
        """Begin to write."""
        self._sink, self._closing, self._last = sink, False, None
        self._thread = threading.Thread(target=self._run, args=(sink,), name="terminal", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Bytes that were handed over and not written yet."""
        return self._waiting

    @property
    def stuck(self) -> bool:
        """Whether something waits because there was no room for it."""
        return self._full and self._waiting > 0

    @property
    def slow(self) -> bool:
        """Whether the terminal reads so slowly that less should be painted."""
        with self._state:
            return self._drain.slow(self._clock())

    @property
    def clear(self) -> bool:
        """Whether nothing waits, here or, on a slow terminal, in a buffer on the way to it."""
        with self._state:
            return not self._waiting and self._drain.clear(self._clock())

    def write(self, text: str) -> None:
        """Have this written, and return at once."""
        data = text.encode("utf-8", "replace")  # Half a surrogate pair must not end the thread.
        with self._state:
            if self._last is not None:
                self._last.append(data)
            if self._thread is not None and data:
                self._queue.append(memoryview(data))
                self._waiting += len(data)
                self._drain.handed(len(data), self._clock())
                self._state.notify_all()

    def when_empty(self, tell: Callable[[], None]) -> None:
        """Call this, once and in any thread, when nothing is waiting."""
        with self._state:
            if self._waiting:
                self._when_empty.append(tell)
                return
        tell()

    def leave(self) -> None:
        """What waits is a picture that nobody will look at any more; what comes from now on puts the terminal back."""
        with self._state:
            self._forget()
            self._last = []

    def close(self, patience: float) -> None:
        """Stop when everything has gone, or the end of it at least; takes little more than `patience` seconds."""
        thread = self._thread
        if thread is None:
            return
        if not self._gone_within(patience) and self._sink is not None:
            with self._state:
                self._forget()
                self._sink.give_up()
                for data in self._last or ():
                    self._queue.append(memoryview(data))
                    self._waiting += len(data)
                self._state.notify_all()
            self._gone_within(patience / 4)
        with self._state:
            self._closing = True
            self._state.notify_all()
        thread.join(patience / 4)
        self._thread = None

    def _gone_within(self, seconds: float) -> bool:
        until = self._clock() + seconds
        with self._state:
            while self._waiting and (left := until - self._clock()) > 0:
                self._state.wait(min(left, _MOMENT))
            return not self._waiting

    def _forget(self) -> None:
        self._queue.clear()
        self._waiting = 0

    def _run(self, sink: Sink) -> None:
        try:
            while (data := self._next()) is not None:
                self._went(data, *sink.put(data))
        except (OSError, ValueError):  # ValueError: it has been closed.
            self._lose()
        finally:
            sink.close()

    def _next(self) -> memoryview | None:
        with self._state:
            while not self._queue and not self._closing:
                self._state.wait()
            return None if self._closing else self._queue[0]

    def _went(self, data: memoryview, count: int, full: bool) -> None:
        with self._state:
            self._full = full
            self._drain.went(count, full, self._clock())
            if self._queue and self._queue[0] is data:  # else it was forgotten meanwhile
                self._waiting -= count
                self._queue.popleft()
                if count < len(data):
                    self._queue.appendleft(data[count:])
            if self._waiting:
                return
            self._drain.emptied()
            self._state.notify_all()
            told, self._when_empty = self._when_empty, []
        for tell in told:
            tell()

    def _lose(self) -> None:
        """The terminal is gone: there is nothing to wait for."""
        with self._state:
            self._forget()
            self._thread = None
            self._state.notify_all()
            told, self._when_empty = self._when_empty, []
        for tell in told:
            tell()
