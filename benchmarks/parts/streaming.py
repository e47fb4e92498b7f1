"""Several answers at once on one design: CPU, bytes, stamps, keys, and when the screen is complete."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.designs import OURS, Design, keep_journal
from benchmarks.ptyrun import SIZE, PtyRun, clock, running
from benchmarks.served import Served
from benchmarks.shape import Shape

KEYS = "БГДЁЖЗИЙЛПУФЦЧШЩЪЫЬЭЮЯбгдёжзийлпуфцчшщъыьэюя"
"""Letters that no answer, label or other key holds, so that the first one that comes out is the echo."""
SETTLED_MS = 2500
"""Time to first token: by then every program has started, and what is measured is streaming alone."""
_PATIENCE_S = 40.0
_AFTER_S = 1.5
"""How long each is watched when the screen is complete."""
_KEY_PATIENCE_S = 4.0
_BETWEEN_KEYS_S = (0.08, 0.22)


@dataclass(slots=True)
class Streamed:
    """What one run of one design came to. Bytes and CPU are those between the first text and the complete screen."""

    design: str
    tokens: int = 0
    cpu_s: float = 0.0
    written: int = 0
    seconds: float = 0.0
    errors_ms: list[float] = field(default_factory=list)
    """Of each chunk, its stamp less the instant at which the server sent it."""
    keys_ms: list[float] = field(default_factory=list)
    after_s: float = 0.0
    """Seconds of CPU in the moment after: what else becomes of an answer that has ended."""
    complete_ms: float | None = None
    """From the last text sent to its being on the screen; None when it did not come."""
    faults: list[str] = field(default_factory=list)

    def add(self, other: Streamed) -> None:
        """Take in another run of the same design."""
        self.tokens += other.tokens
        self.cpu_s += other.cpu_s
        self.written += other.written
        self.seconds += other.seconds
        self.errors_ms += other.errors_ms
        self.keys_ms += other.keys_ms
        self.after_s = max(self.after_s, other.after_s)
        self.faults += other.faults
        known = [ms for ms in (self.complete_ms, other.complete_ms) if ms is not None]
        self.complete_ms = max(known, default=None)


def shapes(count: int, rate: int, tokens: int) -> list[Shape]:
    """Models 1 to `count`."""
    return [Shape(ttft=SETTLED_MS, rate=rate, len=tokens, n=number) for number in range(1, count + 1)]


def stream(
    served: Served,
    design: Design,
    wanted: Sequence[Shape],
    *,
    keys: int = 0,
    drain: int | None = None,
    size: tuple[int, int] = SIZE,
) -> Streamed:
    """Have a design ask these models at once, and press so many keys meanwhile."""
    result = Streamed(design.name)
    marks, before = [shape.mark for shape in wanted], len(served.talks())
    models = [shape.id for shape in wanted]
    served.offer(models)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        with running(design.argv(served.url, models, home), home, size=size, drain=drain, leave=design.leave) as run:
            if not _until_asked(served, before, models, run):
                result.faults.append("it did not ask")
                return result
            cpu, written, began = run.tree.cpu(), run.written, clock()
            if design.ended:
                run.count(design.ended)
            else:
                run.watch(*marks)
            if keys:
                result.keys_ms = _press(run, design, keys)
            complete = run.until(
                lambda: len(run.counted) >= len(marks) if design.ended else run.saw(*marks),
                _PATIENCE_S + wanted[0].len / wanted[0].rate,
            )
            result.cpu_s, result.written = run.tree.cpu() - cpu, run.written - written
            result.seconds = (clock() - began) / 1e9
            run.read_for(_AFTER_S)
            result.after_s = run.tree.cpu() - cpu - result.cpu_s
            if design is OURS and not keep_journal(home):
                result.faults.append("it left no journal")
            shown = run.counted[: len(marks)] if design.ended else [run.seen.get(mark.encode(), 0) for mark in marks]
        talks = {talk.model: talk for talk in served.talks(before)}
        result.tokens = sum(talks[model].tokens for model in models)
        if complete:
            last = max(talks[model].at[-1] for model in models)
            result.complete_ms = (max(shown) - last) / 1e6
        else:
            result.faults.append("the screen did not come to show every answer's end")
        try:
            stamps = design.stamps(home)
        except OSError as error:
            result.faults.append(f"it left no stamps: {error}")
            return result
        if stamps is None:
            return result
        for model in models:
            sent, stamped = talks[model].at, stamps.get(model, [])
            if len(sent) != len(stamped):
                result.faults.append(f"{len(sent)} chunks were sent and {len(stamped)} stamped")
                continue
            result.errors_ms += [(later - earlier) / 1e6 for earlier, later in zip(sent, stamped, strict=True)]
    return result


def _until_asked(served: Served, before: int, models: Sequence[str], run: PtyRun) -> bool:
    """Wait until just before the first text of these models."""

    def asked() -> list[dict[str, Any]]:
        run.read_for(0.05)
        return [row for row in served.progress()[before:] if row["model"] in models]

    if not run.until(lambda: len(asked()) == len(models), _PATIENCE_S):
        return False
    run.read_for(max(SETTLED_MS / 1000 - (clock() - max(row["received"] for row in asked())) / 1e9 - 0.2, 0))
    return True


def _press(run: PtyRun, design: Design, count: int) -> list[float]:
    """Type letters while answers stream; how long each took to come out, a patience where it did not come."""
    dice = random.Random(count)
    run.read_for(1.0)
    if design.before_typing:
        run.type(design.before_typing)
        run.read_for(1.0)
    took: list[float] = []
    for letter in KEYS[:count]:
        run.watch(letter)
        at = run.type(letter)
        run.until(partial(run.saw, letter), _KEY_PATIENCE_S)
        took.append((run.seen.get(letter.encode(), clock()) - at) / 1e6)
        run.read_for(dice.uniform(*_BETWEEN_KEYS_S))
    return took
