"""From the start of the process to the first frame with text that can be read."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.baselines.minimal import TEXT
from benchmarks.ptyrun import running
from benchmarks.served import Served
from benchmarks.shape import Shape

_PATIENCE_S = 30.0
_OURS_SHOWS = "Ask all models"


@dataclass(slots=True)
class Paints:
    """Milliseconds, one a start."""

    ours: list[float] = field(default_factory=list)
    minimal: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median against median."""
        return median(self.ours) / median(self.minimal)


def first_paints(served: Served, times: int) -> Paints:
    """Start both programs in turn, `times` each, after one start of each that fills the disk's cache."""
    model = Shape().id
    served.offer([model])
    ours = [sys.executable, "-P", "-m", "tui", "--host", served.url, "-m", model]
    minimal = [sys.executable, "-m", "benchmarks.baselines.minimal"]
    paints = Paints()
    for number in range(times + 1):
        took = _start(ours, _OURS_SHOWS), _start(minimal, TEXT)
        if number:
            paints.ours.append(took[0])
            paints.minimal.append(took[1])
    return paints


def _start(argv: Sequence[str], shows: str) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, running(argv, Path(folder)) as run:
        run.watch(shows)
        if not run.until(lambda: run.saw(shows), _PATIENCE_S):
            raise RuntimeError(f"`{shows}` was never painted by {argv}")
        return (run.seen[shows.encode()] - run.started) / 1e6
