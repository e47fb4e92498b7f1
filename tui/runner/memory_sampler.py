"""Looks at memory while requests run: that of the process that serves them, and what is free on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tui.core.requests.events import Memory
from tui.hosts.free_memory import free_bytes, resident_bytes
from tui.runner.sampler import Sampler

EVERY_S = 0.5


class MemorySampler(Sampler[int | None]):
    """Watches processes by their ids; None where it is not known which one serves a request."""

    THREAD = "memory"

    def __init__(self, clock: Callable[[], int], every: float = EVERY_S) -> None:
        super().__init__(clock, every)

    def watch(self, request: str, pid: int | None) -> None:
        """Begin to look, at once, while this request runs; `pid` is the process that serves it, if known."""
        self.begin(request, pid)

    def look(self) -> Iterator[Memory]:
        """What each process holds, and what is free."""
        watched = self.watched
        free = free_bytes()
        held = {pid: resident_bytes(pid) for pid in set(watched.values()) if pid is not None}
        for request, pid in watched.items():
            yield Memory(request, self.clock(), held.get(pid) if pid is not None else None, free)
