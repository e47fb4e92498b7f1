"""What many values of a figure are made into for one number: one table, read by conditions, help and documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, stdev

from tui.core.metrics.metrics import percentile


@dataclass(frozen=True, slots=True, eq=False)
class Statistic:
    """One number made of several values."""

    name: str
    """What stands behind the figure in a condition: `p95` in `ttft_ms.p95`."""
    meaning: str
    of: Callable[[Sequence[float]], float]
    """Makes it of at least `least` values, in their unit unless it is a count."""
    least: int = 1
    """The fewest values of which it says anything."""
    also: str = ""
    """Another name that is understood."""
    counts: bool = False
    """Whether it is a number of values, which has no unit."""


def _percentile(percent: int, least: int, also: str = "") -> Statistic:
    meaning = "the median" if percent == 50 else f"the {percent}th percentile"
    return Statistic(f"p{percent}", meaning, partial(_at, percent), least, also)


def _at(percent: int, values: Sequence[float]) -> float:
    return percentile(values, percent)


STATISTICS = (
    Statistic("mean", "the arithmetic mean", fmean),
    _percentile(50, 1, "median"),
    _percentile(90, 10),
    _percentile(95, 20),
    _percentile(99, 100),
    Statistic("min", "the least", min),
    Statistic("max", "the greatest", max),
    Statistic("sd", "the standard deviation", stdev, 2),
    Statistic("n", "how many values are known", len, 0, counts=True),
)
"""All of them, in the order of the documents."""
_BY_NAME = {name: statistic for statistic in STATISTICS for name in (statistic.name, statistic.also) if name}


def statistic_called(name: str) -> Statistic | None:
    """The statistic of this name; None when there is none."""
    return _BY_NAME.get(name)
