"""Times and rates: how many times as long one takes as the other, within a session and between two."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tui.report.statistics.distributions import ALPHA, LEVEL, t_cdf, t_quantile, t_two_sided
from tui.report.statistics.paired import PairedComparison, compare_paired
from tui.report.statistics.per_prompt import ALIKE, deviation, mean
from tui.report.statistics.resampling import SEED

LIMIT = 0.05
"""The share by which a time must differ before the difference matters, and within which two are the same."""
LEAST_SESSIONS = 4
"""Sessions of one model under one set of conditions, from which the noise between sessions is known."""


@dataclass(frozen=True, slots=True)
class SessionNoise:
    """How much the same thing, measured again in another session, comes out differently; in log units."""

    sd: float
    """Near 0, about the share by which a session is off: 0.04 is 4 %."""
    sessions: int

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return self.sessions - 1


@dataclass(frozen=True, slots=True)
class TimeComparison:
    """How A's times compare with B's: `ratio` 1.1 says that A takes 10 % longer. What cannot be known is None."""

    paired: PairedComparison
    """Of the logarithms of the times, prompt by prompt, without noise between sessions."""
    ratio: float | None
    low: float | None
    """With `high`: the ratio's 95 % interval."""
    high: float | None
    p: float | None
    method: str
    separable: bool
    """Whether the interval speaks of what is compared. Not so between two sessions whose noise is not known: it says
    only that these two sessions differ."""
    error: float | None
    """The standard error of the logarithm of the ratio."""
    df: int
    """The error's degrees of freedom."""

    @property
    def n(self) -> int:
        """Prompts."""
        return self.paired.n

    def longer(self, p: float | None = None) -> int:
        """1 where A is shown to take longer, -1 for B, 0 where neither is; `p` is Holm's of several pairs."""
        p = self.p if p is None else p
        if not self.separable or p is None or self.low is None or self.high is None or p > ALPHA:
            return 0
        if self.paired.decisive < self.paired.least_n:
            return 0
        return 1 if self.low > 1 else -1 if self.high < 1 else 0

    def same_within(self, limit: float = LIMIT) -> bool:
        """Whether the true ratio is shown to lie within ±`limit`: two one-sided t tests at 5 % each."""
        if not self.separable or self.paired.effect is None or self.error is None or self.n < self.paired.least_n:
            return False
        room = math.log1p(limit) - abs(self.paired.effect)
        return room > 0 if self.error == 0 else t_cdf(-room / self.error, self.df) <= ALPHA

    def slower(self, limit: float = LIMIT) -> bool | None:
        """Whether A is shown to be slower, and by more than `limit`: the interval excludes 1, and the ratio is beyond.

        None where nothing can be said: no prompt, no interval, or noise between sessions that is not known.
        """
        if not self.separable or self.ratio is None or self.low is None:
            return None
        return self.low > 1 and self.ratio > 1 + limit

    def not_slower(self, limit: float = LIMIT) -> bool | None:
        """Whether A is shown not to be slower by more than `limit`: the interval ends below it. None as above."""
        if not self.separable or self.high is None:
            return None
        return self.high < 1 + limit


def compare_times(a: Sequence[float], b: Sequence[float], *, models: int = 2, seed: int = SEED) -> TimeComparison:
    """Compare times of one interleaved session: the median of each prompt's warm runs, `a[i]` and `b[i]` for the same.

    Rates, such as tokens per second, compare in the same way. All must be above 0.
    """
    pair = compare_paired([math.log(each) for each in a], [math.log(each) for each in b], models=models, seed=seed)
    error = None if pair.sd is None else pair.sd / math.sqrt(pair.n)
    ratio, low, high = (None if each is None else math.exp(each) for each in (pair.effect, pair.low, pair.high))
    return TimeComparison(pair, ratio, low, high, pair.p, pair.method, True, error, max(0, pair.n - 1))


def compare_sessions(
    a: Sequence[float], b: Sequence[float], noise: SessionNoise | None, *, models: int = 2, seed: int = SEED
) -> TimeComparison:
    """Compare times of two sessions, as `compare_times` does those of one, with the noise between sessions.

    Intervals within a session cannot see that a session as a whole was slower. So t = log ratio / √(se² + 2 s²), with
    s the noise of one session and its degrees of freedom. Without it nothing is said of the cause.
    """
    within = compare_times(a, b, models=models, seed=seed)
    if noise is None:
        return replace(within, separable=False, method=f"{within.method}, within the two sessions")
    effect = within.paired.effect
    if effect is None or within.error is None:
        return replace(within, low=None, high=None, p=None)
    error = math.sqrt(within.error**2 + 2 * noise.sd**2)
    half = t_quantile((1 + LEVEL) / 2, noise.df) * error
    return replace(
        within,
        low=math.exp(effect - half),
        high=math.exp(effect + half),
        p=t_two_sided(effect / error, noise.df) if error else float(effect == 0),
        method=f"t test with the noise of {noise.sessions} sessions",
        error=error,
        df=noise.df,
    )


def session_noise(sessions: Sequence[Mapping[str, float]]) -> SessionNoise | None:
    """The noise between sessions of one model under the same conditions, each with the median time of every prompt.

    The spread of the sessions' mean logarithms, over the prompts that all of them have. It has a part of the noise
    within sessions in it, which errs on the safe side. None for fewer than four sessions, or where they share none.
    """
    if len(sessions) < LEAST_SESSIONS:
        return None
    shared = sorted(set(sessions[0]).intersection(*(session.keys() for session in sessions)))
    if not shared:
        return None
    means = [mean([math.log(session[prompt]) for prompt in shared]) for session in sessions]
    return SessionNoise(deviation(means), len(sessions))


@dataclass(frozen=True, slots=True)
class PromptComparison:
    """How the time of one prompt compares with what it was in earlier sessions."""

    ratio: float
    """1.1 says that it takes 10 % longer than the geometric mean of the earlier sessions."""
    low: float
    """With `high`: the ratio's 95 % interval, in which the noise between sessions is."""
    high: float
    p: float
    error: float
    """The standard error of the logarithm of the ratio."""
    df: int

    def same_within(self, limit: float = LIMIT) -> bool:
        """Whether the true ratio is shown to lie within ±`limit`: two one-sided t tests at 5 % each."""
        room = math.log1p(limit) - abs(math.log(self.ratio))
        return room > 0 if self.error == 0 else t_cdf(-room / self.error, self.df) <= ALPHA


def compare_prompt(now: Sequence[float], before: Sequence[float]) -> PromptComparison | None:
    """Compare one prompt's times, one of each session (the median of its warm runs), with those of earlier sessions.

    Rounds of one session are no more than one value: they say nothing of what sessions differ by. So t = the difference
    of the mean logarithms over s·√(1/m + 1/k), with s of the k earlier sessions and k - 1 degrees of freedom: the
    prediction interval of a new session. None for fewer than four earlier sessions, or none now.
    """
    if len(before) < LEAST_SESSIONS or not now:
        return None
    new, old = ([math.log(value) for value in side] for side in (now, before))
    effect = mean(new) - mean(old)
    df = len(old) - 1
    error = deviation(old) * math.sqrt(1 / len(new) + 1 / len(old))
    half = t_quantile((1 + LEVEL) / 2, df) * error
    p = t_two_sided(effect / error, df) if error else float(abs(effect) <= ALIKE)
    return PromptComparison(math.exp(effect), math.exp(effect - half), math.exp(effect + half), p, error, df)
