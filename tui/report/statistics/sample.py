"""One metric over many runs: its median, the median's interval, and the spread of the values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import isqrt
from statistics import fmean, median

from tui.core.metrics.metrics import percentile
from tui.report.statistics.distributions import ALPHA, binomial_mass

INTERVAL_FROM = 6
"""The fewest runs for an interval of the median: of five, even the smallest and the largest enclose it too seldom."""
P95_FROM = 20
"""The fewest runs for a 95th percentile; of fewer, it is little else than the maximum."""
P95_BOUND_FROM = 59
"""The fewest runs for an upper bound of the 95th percentile; of fewer, even the largest is too often below it."""


@dataclass(frozen=True, slots=True)
class Stat:
    """One metric over `n` runs, in the metric's unit. What `n` is too small for is None."""

    n: int = 0
    median: float | None = None
    mean: float | None = None
    """The average."""
    low: float | None = None
    """With `high`: the 95 % interval of the median, from `INTERVAL_FROM` runs on."""
    high: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    p95: float | None = None
    """From `P95_FROM` runs on."""
    p95_high: float | None = None
    """The 95th percentile is below this with 95 % confidence; from `P95_BOUND_FROM` runs on."""
    estimated: bool = False
    """Some of the tokens behind it were not counted by the server."""
    cold: bool = False
    """It is of answers for which the model was loaded first, as no other has a value."""


def stat_of(values: Iterable[float | None], *, estimated: bool = False, cold: bool = False) -> Stat:
    """The statistic of the known values."""
    known = sorted([value for value in values if value is not None])
    if not known:
        return Stat()
    low, high = median_interval(known)
    return Stat(
        n=len(known),
        median=median(known),
        mean=fmean(known),
        low=low,
        high=high,
        minimum=known[0],
        maximum=known[-1],
        p95=percentile(known, 95) if len(known) >= P95_FROM else None,
        p95_high=_p95_bound(known) if len(known) >= P95_BOUND_FROM else None,
        estimated=estimated,
        cold=cold,
    )


def median_interval(values: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    """The narrowest pair of the sorted values, equally far from both ends, that holds the median in 95 of 100 samples;
    None of fewer than `INTERVAL_FROM`.

    How many values lie below the median is binomially distributed, whatever the distribution of the values.
    """
    if len(values) < INTERVAL_FROM:
        return None, None
    known, place = sorted(values), _left_out(len(values))
    return known[place], known[-1 - place]


@cache
def _left_out(n: int) -> int:
    """How many of n sorted values are left out on either side."""
    # With `place` values left out on either side, the median is outside when at most so many lie below it, or above.
    # That is so in less than one of 10^20 samples where they are ten standard deviations from the middle.
    place = max(0, n // 2 - 5 * isqrt(n) - 5)
    outside = 2 * binomial_mass(place, n)
    while outside + 2 * binomial_mass(place + 1, n) <= ALPHA:
        place += 1
        outside += 2 * binomial_mass(place, n)
    return place


def _p95_bound(known: Sequence[float]) -> float:
    """The smallest of the sorted values that lies below the 95th percentile in at most one sample of twenty.

    The number of values below the percentile is binomially distributed, whatever the distribution of the values.
    """
    return known[_bound(len(known))]


@cache
def _bound(n: int) -> int:
    """The place of that value among n sorted ones."""
    place, above = n, 0.0
    while place > 1:
        # The chance that at least `place` of n values lie below the percentile.
        above += binomial_mass(place, n, 0.95)
        if above > ALPHA:
            break
        place -= 1
    return min(place, n - 1)
