"""Looks at the memory of GPUs while requests run: of this machine's, or of another's where its host can be asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tui.core.catalog.machine import Gpu, gpu_memory_in_use
from tui.core.requests.events import Memory
from tui.runner.sampler import Sampler

EVERY_S = 5.0
"""Seconds between two looks: each starts a program, on another machine through a shell."""
GIVEN_UP_S = 60.0
"""Seconds until a driver is asked again that did not say."""
Look = Callable[[], tuple[tuple[Gpu, ...], str]]
"""The GPUs, or why they are not known: empty where nobody here can know. May take seconds."""


class GpuSampler(Sampler[tuple[str, Look]]):
    """Watches machines. A look that began while a request ran counts for it, however late its answer."""

    THREAD = "GPU memory"

    def __init__(self, clock: Callable[[], int], every: float = EVERY_S) -> None:
        super().__init__(clock, every)
        self._known: dict[str, tuple[float, int | None, str]] = {}
        """What was found last, by machine, and until when it counts."""

    def watch(self, request: str, machine: str, look: Look) -> None:
        """Begin to look, at once, while this request runs. Requests with one `machine` share a look."""
        self.begin(request, (machine, look))

    def look(self) -> Iterator[Memory]:
        """What is in use on each machine, or why that is not known."""
        for machine in {machine for machine, _ in self.watched.values()}:
            watched = {run: look for run, (at, look) in self.watched.items() if at == machine}
            if not watched:
                continue
            used, why = self._looked_at(machine, next(iter(watched.values())))
            if used is not None or why:
                for run in watched:
                    yield Memory(run, self.clock(), gpu=used, no_gpu=why or None)

    def _looked_at(self, machine: str, look: Look) -> tuple[int | None, str]:
        until, used, why = self._known.get(machine, (0.0, None, ""))
        if time.monotonic() < until:
            return used, why
        used, why = gpu_memory_in_use(*look())
        lasts = self._every / 2 if used is not None else GIVEN_UP_S
        self._known[machine] = time.monotonic() + lasts, used, why
        return used, why
