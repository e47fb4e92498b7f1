"""Looks at something again and again, in a thread of its own, while requests run."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import ClassVar, Generic, TypeVar

from tui.background import start
from tui.core.requests.events import Memory

_W = TypeVar("_W")


class Sampler(ABC, Generic[_W]):
    """Samples in a thread of the program, never in the engine's process, so no stamp waits for it. `_W` is what is
    looked at for a request."""

    THREAD: ClassVar[str]
    """The name of its thread."""

    def __init__(self, clock: Callable[[], int], every: float) -> None:
        """`clock` is that of the timestamps, in nanoseconds; `every` is how many seconds lie between two looks."""
        self.clock = clock
        self._every = every
        self._found: SimpleQueue[Memory] = SimpleQueue()
        self._watched: dict[str, _W] = {}
        self._kick = threading.Event()
        self._over = False
        self._thread: threading.Thread | None = None

    @abstractmethod
    def look(self) -> Iterable[Memory]:
        """One look for all that is watched, in the thread. Each sample is handed on as soon as it is there."""

    @property
    def watched(self) -> Mapping[str, _W]:
        """What is looked at for each request that runs at this moment."""
        return dict(self._watched)

    def begin(self, request: str, what: _W) -> None:
        """Begin to look, at once, while this request runs."""
        self._watched[request] = what
        if self._thread is None:
            self._thread = start(self._run, self.THREAD)
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

    def _run(self) -> None:
        while True:
            # A request that begins is looked at straight away: it may be over before the next look is due.
            self._kick.wait(self._every if self._watched else None)
            self._kick.clear()
            if self._over:
                return
            for sample in self.look():
                self._found.put(sample)
