"""One metric over many runs: its median, the median's interval, and the spread of the values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tui.core.metrics.metrics import percentile

INTERVAL_FROM = 10
"""The fewest runs for an interval of the median."""
P95_FROM = 20
"""The fewest runs for a 95th percentile; of fewer, it is little else than the maximum."""
P95_BOUND_FROM = 59
"""The fewest runs for an upper bound of the 95th percentile; of fewer, even the largest is too often below it."""
RESAMPLES = 1_000
_SEED = 20
_BLOCK = 1_000_000
"""The most values that are drawn at once, so that many runs do not take much memory."""


@dataclass(frozen=True, slots=True)
class Stat:
    """One metric over `n` runs, in the metric's unit. What `n` is too small for is None."""

    n: int = 0
    median: float | None = None
    low: float | None = None
    """With `high`: the bootstrapped 95 % interval of the median, from `INTERVAL_FROM` runs on."""
    high: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    p95: float | None = None
    """From `P95_FROM` runs on."""
    p95_high: float | None = None
    """The 95th percentile is below this with 95 % confidence; from `P95_BOUND_FROM` runs on."""
    estimated: bool = False
    """Some of the tokens behind it were not counted by the server."""


def stat_of(values: Iterable[float | None], *, estimated: bool = False) -> Stat:
    """The statistic of the known values."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return Stat()
    low, high = _median_interval(known) if len(known) >= INTERVAL_FROM else (None, None)
    return Stat(
        n=len(known),
        median=median(known),
        low=low,
        high=high,
        minimum=known[0],
        maximum=known[-1],
        p95=percentile(known, 95) if len(known) >= P95_FROM else None,
        p95_high=_p95_bound(known) if len(known) >= P95_BOUND_FROM else None,
        estimated=estimated,
    )


def _median_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of the medians of resamples; the same values always give the same."""
    import numpy as np

    draw = np.random.default_rng(_SEED)
    known, n = np.asarray(values), len(values)
    at_once = max(1, _BLOCK // n)
    sizes = [min(at_once, RESAMPLES - done) for done in range(0, RESAMPLES, at_once)]
    medians = np.concatenate([np.median(known[draw.integers(0, n, (size, n))], axis=1) for size in sizes])
    low, high = np.percentile(medians, (2.5, 97.5))
    return float(low), float(high)


def _p95_bound(known: Sequence[float]) -> float:
    """The smallest of the sorted values that lies below the 95th percentile in at most one sample of twenty.

    The number of values below the percentile is binomially distributed, whatever the distribution of the values.
    """
    n, above = len(known), 0.0
    place = n
    while place > 1:
        # The chance that at least `place` of n values lie below the percentile.
        below, over = place * math.log(0.95), (n - place) * math.log(0.05)
        ways = math.lgamma(n + 1) - math.lgamma(place + 1) - math.lgamma(n - place + 1)
        above += math.exp(ways + below + over)
        if above > 0.05:
            break
        place -= 1
    return known[min(place, n - 1)]
