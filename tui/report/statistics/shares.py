"""Shares: how often one model wins with ties, how often anything is so, each with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb, sqrt

from tui.report.statistics.distributions import ALPHA, LEVEL, binomial_mass, binomial_tail, z_quantile
from tui.report.statistics.per_prompt import ALIKE
from tui.report.statistics.prompts_needed import least_prompts

_Z = z_quantile((1 + LEVEL) / 2)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n` prompts with its 95 % interval (Wilson 1927); all None where there is none."""

    n: int
    share: float | None
    low: float | None
    high: float | None


def share_of(count: float, n: int) -> Share:
    """`count` of `n` prompts; a prompt of which only a part counts may add a part of 1.

    A part varies less than a whole, so that the interval is then on the safe side.
    """
    if not n:
        return Share(0, None, None, None)
    share, squared = count / n, _Z * _Z
    middle = (share + squared / (2 * n)) / (1 + squared / n)
    half = _Z / (1 + squared / n) * sqrt(share * (1 - share) / n + squared / (4 * n * n))
    return Share(n, share, max(0.0, middle - half), min(1.0, middle + half))


def share_by_prompt(cases: Iterable[tuple[str, bool]]) -> Share:
    """The share of cases that are so, each case with its prompt: each prompt counts once, whatever its cases."""
    counts = Counter(cases)  # Of very many cases few are unlike.
    parts = sorted(
        counts[prompt, True] / (counts[prompt, True] + counts[prompt, False])
        for prompt in {prompt for prompt, _ in counts}
    )
    return share_of(sum(parts), len(parts))


def longer_share(decided: Iterable[tuple[str, int, int]]) -> Share:
    """How often the longer answer was preferred: prompt, length of the preferred answer, length of the other.

    For votes that were decided, and for pairs of answers of which one alone has the highest score. Answers of one
    length say nothing and are left out. Half is what length without influence would give.
    """
    return share_by_prompt([(prompt, chosen > other) for prompt, chosen, other in decided if chosen != other])


def first_share(decided: Iterable[tuple[str, int, int]]) -> Share:
    """How often the answer that stood first was preferred: prompt, position of the preferred answer, of the other."""
    return share_by_prompt([(prompt, chosen < other) for prompt, chosen, other in decided if chosen != other])


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often A won against B, one result for each prompt."""

    wins: int
    ties: int
    """All prompts that nobody won, with those where both were good or both bad."""
    losses: int
    both_good: int
    both_bad: int
    rate: float | None
    """A half plus (wins - losses) / 2n: a tie is half a win."""
    low: float | None
    """With `high`: its 95 % interval (Bonett & Price 2012)."""
    high: float | None
    p: float | None
    """Two-sided: how often chance alone divides wins and losses at least as unevenly."""
    method: str
    least_n: int
    """The fewest decisive prompts with which A or B could be shown to win more often, among so many models."""

    @property
    def n(self) -> int:
        """Prompts."""
        return self.wins + self.ties + self.losses

    @property
    def decisive(self) -> int:
        """Prompts that one of them won."""
        return self.wins + self.losses

    @property
    def effect(self) -> float | None:
        """How far the rate is from a half. Twice that is the difference between two shares of passes."""
        return None if self.rate is None else self.rate - 0.5

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def better(self, p: float | None = None) -> int:
        """1 where A is shown to win more often, -1 for B, 0 where neither is; `p` is Holm's of several pairs."""
        p = self.p if p is None else p
        if p is None or self.low is None or self.high is None or p > ALPHA or self.decisive < self.least_n:
            return 0
        return 1 if self.low > 0.5 else -1 if self.high < 0.5 else 0

    def same_within(self, margin: float) -> bool:
        """Whether the true rate is shown to be within a half ± `margin` (0.15 is 15 points): two tests at 5 %."""
        if self.n < self.least_n:
            return False
        low, high = difference_interval(self.wins, self.losses, self.n, level=1 - 2 * ALPHA)
        return -2 * margin < low and high < 2 * margin


def win_rate(
    wins: int, losses: int, ties: int = 0, *, both_good: int = 0, both_bad: int = 0, models: int = 2
) -> WinRate:
    """The win rate of so many prompts. `ties` includes those of which both answers were good, or both bad."""
    p = sign_test_p(wins, losses)
    return _win_rate(wins, ties, losses, both_good, both_bad, p, "sign test, exact", models)


def win_rate_of(a: Sequence[float], b: Sequence[float], *, models: int = 2) -> WinRate:
    """The win rate by one value of each model for every prompt: the larger one wins."""
    pairs = list(zip(a, b, strict=True))
    wins = sum(one - other > ALIKE for one, other in pairs)
    losses = sum(other - one > ALIKE for one, other in pairs)
    return win_rate(wins, losses, len(pairs) - wins - losses, models=models)


def pass_fail(a: Sequence[bool], b: Sequence[bool], *, models: int = 2) -> WinRate:
    """Two models that pass or fail the same prompts: one wins where it alone passes.

    p is McNemar's mid-p, which loses less to whole counts than the exact test and keeps its level (Fagerland et al.
    2013) unless every prompt is decided; then it would not (7.7 % of 16 prompts), and p is exact.
    """
    pairs = list(zip(a, b, strict=True))
    both, neither = pairs.count((True, True)), pairs.count((False, False))
    only_a, only_b = pairs.count((True, False)), pairs.count((False, True))
    mid = both + neither > 0
    p = mcnemar_mid_p(only_a, only_b) if mid else sign_test_p(only_a, only_b)
    method = f"McNemar's test, {'mid-p' if mid else 'exact'}"
    return _win_rate(only_a, both + neither, only_b, both, neither, p, method, models)


def _win_rate(
    wins: int, ties: int, losses: int, both_good: int, both_bad: int, p: float, method: str, models: int
) -> WinRate:
    n = wins + ties + losses
    low, high = difference_interval(wins, losses, n) if n else (None, None)
    return WinRate(
        wins=wins,
        ties=ties,
        losses=losses,
        both_good=both_good,
        both_bad=both_bad,
        rate=0.5 + (wins - losses) / (2 * n) if n else None,
        low=None if low is None else 0.5 + low / 2,
        high=None if high is None else 0.5 + high / 2,
        p=p if n else None,
        method=method,
        least_n=least_prompts(models),
    )


def sign_test_p(wins: int, losses: int) -> float:
    """The exact two-sided sign test: how often a fair coin is at least as uneven."""
    n = wins + losses
    return min(1.0, 2 * binomial_tail(max(wins, losses), n)) if n else 1.0


def mcnemar_mid_p(only_a: int, only_b: int) -> float:
    """The exact two-sided p of McNemar's test, less half the chance of just these counts on either side."""
    n, more = only_a + only_b, max(only_a, only_b)
    if not n:
        return 1.0
    at_least, just = binomial_tail(more, n), binomial_mass(more, n)
    return 2 * at_least - just if only_a != only_b else 1 - just / 2


def fisher_p(more: int, n: int, less: int, m: int) -> float:
    """Fisher's exact one-sided p: how often chance puts at least `more` of all `more + less` cases among these `n` of
    `n + m`. It needs no pairs."""
    cases = more + less
    ways = sum(comb(n, count) * comb(m, cases - count) for count in range(more, min(n, cases) + 1))
    return ways / comb(n + m, cases)


def difference_interval(more: int, less: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The interval of (more - less) / n, from paired counts of which the rest are ties; from -1 to 1.

    Bonett & Price 2012, adjusted Wald: one more of each, and two more prompts.
    """
    p_more, p_less = (more + 1) / (n + 2), (less + 1) / (n + 2)
    middle = p_more - p_less
    half = z_quantile((1 + level) / 2) * sqrt((p_more + p_less - middle * middle) / (n + 2))
    return max(-1.0, middle - half), min(1.0, middle + half)
