"""Answers at the rates of small hardware: what the program costs beside the model, against the bare client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.designs import BARE, OURS
from benchmarks.parts.streaming import Streamed, shapes, stream
from benchmarks.served import Served

LOADS = ((4, 15), (3, 8))
"""Answers at once, and tokens a second of each."""


@dataclass(slots=True)
class SlowRate:
    """One load: the runs of both designs, in the order in which they took turns."""

    answers: int
    rate: int
    ours: list[Streamed] = field(default_factory=list)
    bare: list[Streamed] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """CPU of the process tree per token against the bare client's: the median of the turns."""
        ratios = [
            (ours.cpu_s / ours.tokens) / (bare.cpu_s / bare.tokens)
            for ours, bare in zip(self.ours, self.bare, strict=True)
            if ours.tokens and bare.tokens and bare.cpu_s
        ]
        return median(ratios) if ratios else None


def slow_rates(served: Served, times: int, seconds: float) -> Sequence[SlowRate]:
    """Have both designs take in each load `times` times, in turn, for so long."""
    found = [SlowRate(answers, rate) for answers, rate in LOADS]
    for _ in range(times):
        for load in found:
            wanted = shapes(load.answers, load.rate, round(load.rate * seconds))
            load.bare.append(stream(served, BARE, wanted))
            load.ours.append(stream(served, OURS, wanted))
    return found
