"""Distributions: Student's t, the normal, the binomial. Exact to about 1e-13, without a library of statistics."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

LEVEL = 0.95
"""The confidence of every interval."""
ALPHA = 0.05
"""The largest p at which a difference is shown."""
_TINY = 1e-300
_CLOSE = 1e-16


@lru_cache(maxsize=64)
def z_quantile(probability: float) -> float:
    """The standard normal value that lies above this share of all values."""
    return NormalDist().inv_cdf(probability)


def t_cdf(t: float, df: float) -> float:
    """The share of Student's t distribution below `t`, with `df` > 0 degrees of freedom."""
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    squared = t * t
    # The tail is taken from whichever end of the incomplete beta loses no digits.
    if squared < df:
        half = 0.5 * incomplete_beta(0.5, 0.5 * df, squared / (df + squared))
        return 0.5 + half if t > 0 else 0.5 - half
    tail = 0.5 * incomplete_beta(0.5 * df, 0.5, df / (df + squared))
    return 1.0 - tail if t > 0 else tail


def t_two_sided(t: float, df: float) -> float:
    """The share of the distribution that lies at least as far from 0 as `t`."""
    return min(1.0, 2 * t_cdf(-abs(t), df))


@lru_cache(maxsize=1024)
def t_quantile(probability: float, df: float) -> float:
    """The value that lies above this share (between 0 and 1) of Student's t distribution."""
    if probability == 0.5:
        return 0.0
    if probability > 0.5:
        return -t_quantile(1 - probability, df)
    low, high = -1.0, 0.0
    while t_cdf(low, df) > probability:
        low, high = 2 * low, low
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return middle
        if t_cdf(middle, df) > probability:
            high = middle
        else:
            low = middle


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b); `a`, `b` > 0, `x` from 0 to 1.

    Its continued fraction (DLMF 8.17.22) by Lentz's method, on the side of the mean where it converges quickly.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta(a, b)) / a
    return front * _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 / _apart(1.0 - (a + b) * x / (a + 1.0))
    value, step = d, 0
    while True:
        step += 1
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        d, c = 1.0 / _apart(1.0 + even * d), _apart(1.0 + even / c)
        value *= d * c
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        d, c = 1.0 / _apart(1.0 + odd * d), _apart(1.0 + odd / c)
        value *= d * c
        if abs(d * c - 1.0) < 4 * _CLOSE or step > 10_000:
            return value


def _apart(value: float) -> float:
    """Not 0, which must not be divided by."""
    return value if abs(value) > _TINY else _TINY


def log_beta(a: float, b: float) -> float:
    """The logarithm of the beta function B(a, b)."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def binomial_tail(least: int, n: int, share: float = 0.5) -> float:
    """The chance of at least `least` of `n`, each with the chance `share`."""
    if least <= 0:
        return 1.0
    if least > n:
        return 0.0
    return incomplete_beta(least, n - least + 1, share)


def binomial_mass(count: int, n: int, share: float = 0.5) -> float:
    """The chance of exactly `count` of `n`, each with the chance `share` (between 0 and 1)."""
    ways = math.lgamma(n + 1) - math.lgamma(count + 1) - math.lgamma(n - count + 1)
    return math.exp(ways + count * math.log(share) + (n - count) * math.log1p(-share))
