"""From a key, Enter or R, to the last of four requests at the server."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.designs import OURS
from benchmarks.ptyrun import PtyRun, running
from benchmarks.served import Served
from benchmarks.shape import Shape

PANES = 4
_ENTER, _RERUN_ALL, _EDIT = "\r", "R", "e"
_PATIENCE_S = 20.0
_REST_S = (1.2, 1.7)
"""Between two measurements: what follows an answer is over by then, and no key meets the same part of a beat."""
_BEFORE_ENTER_S = 0.4
_ON_ITS_WAY_S = 0.4
"""How long the server is left alone after a key, so that it answers nobody else."""


@dataclass(slots=True)
class Asked:
    """Milliseconds from the key's byte to the first byte of the last of the four requests, one a key."""

    enter_ms: list[float] = field(default_factory=list)
    rerun_ms: list[float] = field(default_factory=list)
    fault: str = ""


def ask(served: Served, times: int) -> Asked:
    """Press each of the two keys so often, in turn, in one sitting."""
    shapes = [Shape(ttft=30, rate=200, len=20, n=number) for number in range(1, PANES + 1)]
    models = [shape.id for shape in shapes]
    served.offer(models)
    result, dice = Asked(), random.Random(times)
    asked = len(served.progress())

    def rows() -> Sequence[dict[str, Any]]:
        return served.progress()[asked:]

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        with running(OURS.argv(served.url, models, home), home, leave=OURS.leave) as run:
            for number in range(times * 2 + 1):
                at = _press(run, enter=bool(number % 2)) if number else 0
                # Each key's four requests are looked at by themselves.
                if not run.until(partial(_ended, run, rows), _PATIENCE_S):
                    result.fault = f"after {number} keys four requests did not come to their end"
                    return result
                received = max(row["received"] for row in rows())
                asked += PANES
                if number:
                    kept = result.enter_ms if number % 2 else result.rerun_ms
                    kept.append((received - at) / 1e6)
                run.read_for(dice.uniform(*_REST_S))
    return result


def _press(run: PtyRun, *, enter: bool) -> int:
    """The key, from the panes or from the prompt; returns when its byte was written."""
    if enter:
        run.type(_EDIT)
        run.read_for(_BEFORE_ENTER_S)
    at = run.type(_ENTER if enter else _RERUN_ALL)
    run.read_for(_ON_ITS_WAY_S)
    return at


def _ended(run: PtyRun, rows: Callable[[], Sequence[dict[str, Any]]]) -> bool:
    run.read_for(0.1)
    known = rows()
    return len(known) == PANES and all(row["closed"] is not None for row in known)
