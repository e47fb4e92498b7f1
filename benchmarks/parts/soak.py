"""A long sitting: eight models asked again and again, and what the program holds in memory meanwhile."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.designs import OURS
from benchmarks.ptyrun import PtyRun, running
from benchmarks.served import Served
from benchmarks.shape import Shape
from benchmarks.tree import Memory
from tui.ui.layout_limits import EASY_PANE_WIDTH

FIRST = 10_000
"""Tokens of one launch: after the first of them, memory is looked at for the first time."""
PANES = 8
SIZE = (PANES * EASY_PANE_WIDTH, 60)
RERUN_ALL = "R"
_BREATH_S = 0.35
"""Between the end of a launch and the key for the next: pressed too early it would be refused, with a notice."""
_AGAIN_S = 2.0
"""After this the key is pressed again."""
_LAUNCH_S = 60.0
"""The longest a launch may take."""
_REST_S = 0.5
"""Between the end of a launch and the look at memory."""


@dataclass(slots=True)
class Soaked:
    """`points` are (tokens so far, memory)."""

    points: list[tuple[int, Memory]] = field(default_factory=list)
    seconds: float = 0.0
    fault: str = ""

    @property
    def ratio(self) -> float:
        """All processes at the end against after the first 10,000 tokens."""
        return self.points[-1][1].whole / self.points[0][1].whole


def soak(served: Served, tokens: int, tell: Callable[[str], None]) -> Soaked:
    """Have the program take in so many tokens in one sitting."""
    shapes = [
        Shape(ttft=20, rate=1500, len=FIRST // PANES, burst=10, nolog=1, n=number) for number in range(1, PANES + 1)
    ]
    models, before = [shape.id for shape in shapes], len(served.progress())
    served.offer(models)
    result, began = Soaked(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        with running(OURS.argv(served.url, models, home), home, size=SIZE) as run:
            done = 0
            while done < tokens:
                if not _launched(served, run, before + done // FIRST * PANES, first=done == 0):
                    result.fault = f"it came to no end of a launch after {done} tokens"
                    break
                done += FIRST
                if done == FIRST or done % max(tokens // 10, FIRST) == 0 or done >= tokens:
                    run.read_for(_REST_S)
                    result.points.append((done, run.tree.memory()))
                    tell(f"{done:,} tokens: {result.points[-1][1].whole / 1e6:.0f} MB")
    result.seconds = time.monotonic() - began
    return result


def _launched(served: Served, run: PtyRun, earlier: int, *, first: bool) -> bool:
    """Whether one more launch of all models began and ended."""
    pressed = 0.0
    deadline = time.monotonic() + _LAUNCH_S
    while time.monotonic() < deadline and run.open:
        rows = _rows(served, earlier)
        if len(rows) == PANES and all(row["closed"] is not None for row in rows):
            run.read_for(_BREATH_S)
            return True
        if not first and not rows and time.monotonic() - pressed > _AGAIN_S:
            pressed = time.monotonic()
            run.type(RERUN_ALL)
        run.read_for(0.1)
    return False


def _rows(served: Served, earlier: int) -> list[dict[str, Any]]:
    return served.progress()[earlier:]
