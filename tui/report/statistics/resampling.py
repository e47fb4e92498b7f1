"""The bootstrap of prompts: which prompts a resample holds, and the interval of what came out."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from tui.report.statistics.distributions import ALPHA, t_quantile

if TYPE_CHECKING:
    import numpy as np

SEED = 20
"""The seed of everything that is drawn, so that the same values always give the same result."""
RESAMPLES = 2_000


def resampled_counts(n: int, resamples: int, seed: int) -> np.ndarray:
    """How often each of `n` prompts occurs in each resample: resamples × n, every row with the sum n."""
    import numpy as np

    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples).astype(float)


def percentile_interval(values: np.ndarray, tail: float) -> tuple[float, float]:
    """The percentiles that leave so much of the values on each side; 0.025 leaves 95 % between them."""
    import numpy as np

    low, high = np.percentile(values, (100 * tail, 100 - 100 * tail))
    return float(low), float(high)


def expanded_tail(n: int) -> float:
    """What to leave on each side where `n` (2 or more) prompts are resampled, for an interval that holds 95 %.

    Resamples of few prompts spread less than samples do, by √((n - 1) / n), and know nothing of Student's t. With this
    tail the percentile interval of a mean is as wide as Student's: the expanded percentile interval of Hesterberg
    (2015, "What Teachers Should Know About the Bootstrap", arXiv 1411.5279).
    """
    return NormalDist().cdf(sqrt(n / (n - 1)) * t_quantile(ALPHA / 2, n - 1))
