"""Looks at the memory of GPUs while requests run: of this machine's, or of another's where its host can be asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from tui.background import start
from tui.core.catalog.machine import Gpu, gpu_memory_in_use
from tui.core.requests.events import Memory

EVERY_S = 5.0
"""Seconds between two looks: each starts a program, on another machine through a shell."""
GIVEN_UP_S = 60.0
"""Seconds until a driver is asked again that did not say."""
Look = Callable[[], tuple[tuple[Gpu, ...], str]]
"""The GPUs, or why they are not known: empty where nobody here can know. May take seconds."""


class GpuSampler:
    """Looks in a thread of its own. A look that began while a request ran counts for it, however late its answer."""

    def __init__(self, clock: Callable[[], int], every: float = EVERY_S) -> None:
        """`clock` is that of the timestamps, in nanoseconds; `every` is how many seconds lie between two looks."""
        self._clock = clock
        self._every = every
        self._found: SimpleQueue[Memory] = SimpleQueue()
        self._watched: dict[str, tuple[str, Look]] = {}
        self._known: dict[str, tuple[float, int | None, str]] = {}
        """What was found last, by machine, and until when it counts."""
        self._kick = threading.Event()
        self._over = False
        self._thread: threading.Thread | None = None

    def watch(self, request: str, machine: str, look: Look) -> None:
        """Begin to look, at once, while this request runs. Requests with one `machine` share a look."""
        self._watched[request] = machine, look
        if self._thread is None:
            self._thread = start(self._run, "GPU memory")
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
            self._kick.wait(self._every if self._watched else None)
            self._kick.clear()
            if self._over:
                return
            for machine in {machine for machine, _ in list(self._watched.values())}:
                watched = {run: look for run, (at, look) in list(self._watched.items()) if at == machine}
                if not watched:
                    continue
                used, why = self._looked_at(machine, next(iter(watched.values())))
                if used is not None or why:
                    for run in watched:
                        self._found.put(Memory(run, self._clock(), gpu=used, no_gpu=why or None))

    def _looked_at(self, machine: str, look: Look) -> tuple[int | None, str]:
        until, used, why = self._known.get(machine, (0.0, None, ""))
        if time.monotonic() < until:
            return used, why
        used, why = gpu_memory_in_use(*look())
        lasts = self._every / 2 if used is not None else GIVEN_UP_S
        self._known[machine] = time.monotonic() + lasts, used, why
        return used, why
