"""How many prompts a statement takes, and whether one may stop while looking."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from tui.report.statistics.distributions import ALPHA, binomial_tail, log_beta, z_quantile

POWER = 0.8
"""How surely a difference that is there should be seen."""
STOP_AT = 20
"""The e-value for one pair at which looking may end: 1 / `ALPHA`."""


def pairs_of(models: int) -> int:
    """How many pairs so many models make; at least one."""
    return max(1, models * (models - 1) // 2)


@lru_cache(maxsize=64)
def least_prompts(models: int = 2) -> int:
    """The fewest decisive prompts from which one of these models can be shown to be better than another.

    Of n prompts, the least possible p of a sign test or a sign-flip permutation is 2^(1-n), and Holm's method asks the
    least of all pairs' p to be at most 0.05 / pairs: 6 for two models, 7 for three, 8 for four, 11 for eight.
    """
    n = 1
    while 2.0 ** (1 - n) > ALPHA / pairs_of(models):
        n += 1
    return n


def prompts_for(difference: float, sd: float) -> int:
    """How many prompts show a true mean `difference` four times of five, where differences spread by `sd`.

    (2.8 · sd / difference)² + 2; 2.8 is the 97.5 % point of the normal distribution plus its 80 % point, and the two
    more make up for the spread being estimated. Raises ValueError for a difference of 0.
    """
    if difference == 0:
        raise ValueError("no number of prompts shows a difference of 0")
    return math.ceil((2.8 * sd / difference) ** 2 + 2 - 1e-9)


def sign_test_power(n: int, share: float, alpha: float = ALPHA) -> float:
    """How surely the two-sided sign test of `n` decisive prompts finds a model that truly wins this share of them."""
    # The fewest wins, of counts above half of all, that are significant.
    least = bisect_left(range(n // 2 + 1, n + 1), -alpha, key=lambda k: -2 * binomial_tail(k, n)) + n // 2 + 1
    return binomial_tail(least, n, share) + 1 - binomial_tail(n - least + 1, n, share)


@lru_cache(maxsize=256)
def decisive_prompts_for(share: float, power: float = POWER, alpha: float = ALPHA) -> int:
    """How many decisive prompts show a model that truly wins this share (above a half, below 1) of them.

    From that number on the sign test always has the power: counts are whole, so that for some smaller numbers it has it
    already, and loses it again. Above 500 the normal approximation is near enough. Raises ValueError for a share that
    is not above a half.
    """
    if not 0.5 < share < 1:
        raise ValueError(f"the share must lie between 0.5 and 1: {share}")
    spread = z_quantile(1 - alpha / 2) / 2 + z_quantile(power) * math.sqrt(share * (1 - share))
    about = math.ceil((spread / (share - 0.5)) ** 2)
    if about > 500:
        return about
    n = 2 * about + 40
    while sign_test_power(n - 1, share, alpha) >= power:
        n -= 1
    return n


@dataclass(frozen=True, slots=True)
class Stop:
    """Whether comparing may stop, however often somebody has looked."""

    wins: int
    losses: int
    e: float
    """The e-value: what a fair bet against "both win equally often" would have made of 1."""
    needed: float
    """The e-value at which one may stop: 20 times the number of pairs compared."""
    may_stop: bool


def stop_rule(wins: int, losses: int, pairs: int = 1) -> Stop:
    """Whether so many wins and losses are enough to stop; ties do not count.

    E = 2^(W+L) · B(W+1, L+1) is a likelihood ratio against a fair coin with a uniform prior on the other side. If
    neither is better, its mean stays 1, so that it ever reaches 20 in at most one comparison of 20, however often it
    is looked at (Ville's inequality).
    """
    e = math.exp(min(700.0, (wins + losses) * math.log(2) + log_beta(wins + 1, losses + 1)))
    needed = float(STOP_AT * max(1, pairs))
    # What is exactly the limit must reach it, whatever the logarithms lose.
    return Stop(wins, losses, e, needed, e >= needed * (1 - 1e-12))
