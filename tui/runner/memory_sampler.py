"""Looks at memory while requests run: that of the process that serves them, and what is free on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from tui.background import start
from tui.core.requests.events import Memory
from tui.hosts.free_memory import free_bytes, resident_bytes

EVERY_S = 0.5


class MemorySampler:
    """Samples in a thread of the program, never in the engine's process, so no stamp waits for it."""

    def __init__(self, clock: Callable[[], int], every: float = EVERY_S) -> None:
        """`clock` is that of the timestamps, in nanoseconds; `every` is how many seconds lie between two looks."""
        self._clock = clock
        self._every = every
        self._found: SimpleQueue[Memory] = SimpleQueue()
        self._watched: dict[str, int | None] = {}
        self._kick = threading.Event()
        self._over = False
        self._thread: threading.Thread | None = None

    def watch(self, request: str, pid: int | None) -> None:
        """Begin to look, at once, while this request runs; `pid` is the process that serves it, if known."""
        self._watched[request] = pid
        if self._thread is None:
            self._thread = start(self._look, "memory")
        self._kick.set()

    def leave(self, request: str) -> None:
        """The request has ended."""
        self._watched.pop(request, None)

    def samples(self) -> list[Memory]:
        """What was seen since the last call."""
        seen = []
        while True:
            try:
                seen.append(self._found.get_nowait())
            except Empty:
                return seen

    def close(self) -> None:
        """Look no more."""
        self._over = True
        self._kick.set()

    def _look(self) -> None:
        while True:
            # A request that begins is looked at straight away: it may be over before the next look is due.
            self._kick.wait(self._every if self._watched else None)
            self._kick.clear()
            if self._over:
                return
            watched = dict(self._watched)
            free = free_bytes()
            held = {pid: resident_bytes(pid) for pid in set(watched.values()) if pid is not None}
            for request, pid in watched.items():
                self._found.put(Memory(request, self._clock(), held.get(pid) if pid is not None else None, free))
