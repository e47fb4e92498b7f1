"""Two models on the same prompts: how much one is better than the other, and whether that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from tui.report.statistics.distributions import ALPHA, LEVEL, t_cdf, t_quantile
from tui.report.statistics.per_prompt import ALIKE, deviation, mean
from tui.report.statistics.prompts_needed import least_prompts
from tui.report.statistics.resampling import SEED

EXACT_UP_TO = 16
"""Up to so many prompts all patterns of signs are counted; of more, a sample."""
PERMUTATIONS = 9_999
_BLOCK = 2_000_000
"""The most signs that are drawn at once, so that many prompts do not take much memory."""


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """The difference between two models, A minus B, in the unit of the values. What cannot be known is None."""

    n: int
    """Prompts that both answered."""
    wins: int
    """Prompts on which A's value is larger."""
    ties: int
    losses: int
    effect: float | None
    """The mean difference."""
    low: float | None
    """With `high`: its 95 % interval, from two prompts on."""
    high: float | None
    sd: float | None
    """The spread of the differences."""
    p: float | None
    """Two-sided: how often differences at least as large come about by chance."""
    method: str
    """What `p` was worked out with, for people."""
    least_n: int
    """The fewest decisive prompts with which A or B could be shown to be better, among so many models."""

    @property
    def decisive(self) -> int:
        """Prompts on which the two differ."""
        return self.wins + self.losses

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def better(self, p: float | None = None) -> int:
        """1 where A is shown to be better (larger), -1 for B, 0 where neither is.

        It takes both: the interval excludes 0, and p (Holm's, where several pairs are compared) is at most 0.05.
        """
        p = self.p if p is None else p
        if p is None or self.effect is None or not self.excludes_zero or p > ALPHA or self.decisive < self.least_n:
            return 0
        return 1 if self.effect > 0 else -1

    def same_within(self, margin: float) -> bool:
        """Whether the true difference is shown to lie within ±`margin`: two one-sided t tests at 5 % each.

        Asked of no fewer prompts than a difference is (Schuirmann 1987).
        """
        return self.n >= self.least_n and (p := self.p_same(margin)) is not None and p <= ALPHA

    def p_same(self, margin: float) -> float | None:
        """The larger p of the two one-sided tests for a difference within ±`margin`; None for fewer than 2 prompts."""
        if self.effect is None or self.sd is None:
            return None
        room = margin - abs(self.effect)
        if self.sd == 0:
            return 0.0 if room > 0 else 1.0
        return t_cdf(-room / (self.sd / sqrt(self.n)), self.n - 1)


def compare_paired(a: Sequence[float], b: Sequence[float], *, models: int = 2, seed: int = SEED) -> PairedComparison:
    """Compare two models by one value of each for every prompt, `a[i]` and `b[i]` for the same one.

    The interval is Student's of the mean difference; p counts the patterns of signs (all of them up to 16 prompts, else
    9,999) whose mean is at least as far from 0. `models` is how many are compared with each other in all. Raises
    ValueError where the two are not of one length.
    """
    differences = [one - other for one, other in zip(a, b, strict=True)]
    n = len(differences)
    wins = sum(each > ALIKE for each in differences)
    losses = sum(each < -ALIKE for each in differences)
    effect = mean(differences) if n else None
    low = high = sd = None
    if effect is not None and n > 1:
        sd = deviation(differences)
        half = t_quantile((1 + LEVEL) / 2, n - 1) * sd / sqrt(n)
        low, high = effect - half, effect + half
    return PairedComparison(
        n=n,
        wins=wins,
        ties=n - wins - losses,
        losses=losses,
        effect=effect,
        low=low,
        high=high,
        sd=sd,
        p=sign_flip_p(differences, seed) if n else None,
        method="sign-flip permutation, "
        + ("exact" if wins + losses <= EXACT_UP_TO else f"{PERMUTATIONS:,} patterns, seed {seed}"),
        least_n=least_prompts(models),
    )


def sign_flip_p(differences: Sequence[float], seed: int = SEED) -> float:
    """How often a random pattern of signs gives these differences a mean at least as far from 0 as theirs is.

    Up to 16 that are not 0 all patterns are counted. Of more a seeded sample of 9,999 is drawn, and p is (1 + b) /
    (1 + B), so that it is never 0 (Phipson & Smyth 2010). The same differences with the other sign give the same p.
    """
    import numpy as np

    sizes = np.sort(np.abs([each for each in differences if abs(each) > ALIKE]))
    if not len(sizes):
        return 1.0
    # What is as far from 0 as the differences' own sum but for rounding counts as being as far.
    limit = abs(fsum(differences)) * (1 - ALIKE) - ALIKE
    if len(sizes) <= EXACT_UP_TO:
        sums = np.zeros(1)
        for size in sizes[1:]:
            sums = np.concatenate((sums + size, sums - size))
        # One sign may stay as it is: turning all signs changes no distance from 0.
        return float(np.mean(np.abs(sums + sizes[0]) >= limit))
    total, beyond, at_once = float(sizes.sum()), 0, max(1, _BLOCK // len(sizes))
    draw = np.random.default_rng(seed)
    for done in range(0, PERMUTATIONS, at_once):
        rows = min(at_once, PERMUTATIONS - done)
        # A bit for each sign: 1 keeps the size, 0 takes it away.
        bits = np.unpackbits(np.frombuffer(draw.bytes(rows * len(sizes) // 8 + 1), np.uint8), count=rows * len(sizes))
        # Not `@`, whose threads take longer to meet than the product takes.
        sums = 2 * np.einsum("ij,j->i", bits.reshape(rows, len(sizes)).astype(float), sizes) - total
        beyond += int(np.count_nonzero(np.abs(sums) >= limit))
    return (1 + beyond) / (1 + PERMUTATIONS)


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """The p values of several comparisons, each adjusted for there being several (Holm 1979), in the order given."""
    adjusted = [0.0] * len(ps)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda each: ps[each])):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = largest
    return tuple(adjusted)
