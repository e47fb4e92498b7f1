"""How far raters agree: Krippendorff's alpha with its interval, and beside it what anybody can count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from statistics import pvariance
from typing import TYPE_CHECKING

from tui.report.statistics.per_prompt import ALIKE, mean
from tui.report.statistics.resampling import RESAMPLES, SEED, expanded_tail, percentile_interval, resampled_counts
from tui.report.statistics.shares import Share, share_by_prompt

if TYPE_CHECKING:
    import numpy as np


class Level(StrEnum):
    """What differences between two values mean."""

    NOMINAL = "nominal"
    """Alike or not."""
    ORDINAL = "ordinal"
    """More or less, as in scores from 1 to 5."""
    INTERVAL = "interval"
    """So much more or less."""


LEAST_SHARED = 10
"""Prompts that raters must share before their agreement has a coefficient."""
LEAST_JUDGED = 30
"""Answers that a judge must share with people before it is more than unproven."""


class NoAlpha(StrEnum):
    """Why raters have no alpha."""

    NO_PAIRS = "no answer was rated by two raters"
    FEW = f"the raters share fewer than {LEAST_SHARED} prompts"
    ONE_VALUE = "only one value was used"


@dataclass(frozen=True, slots=True)
class Rating:
    """What a rater gave an answer."""

    prompt: str
    answer: str
    """What tells the answers apart."""
    rater: str
    value: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree on the answers that at least two of them rated. What cannot be known is None."""

    answers: int
    """Answers with two ratings or more."""
    prompts: int
    ratings: int
    raters: tuple[str, ...]
    alpha: float | None
    """Krippendorff's alpha: 1 is full agreement, 0 what chance gives, below 0 less than that."""
    low: float | None
    """With `high`: its 95 % interval, by resampling prompts with all their ratings."""
    high: float | None
    level: Level
    no_alpha: NoAlpha | None
    """Why there is none."""
    exact: float | None
    """The share of pairs of ratings that are the same, each answer counting once."""
    within_one: float | None
    """The share of pairs that are at most 1 apart."""
    base_rate: float | None
    """The share of ratings with the most frequent value: who always gives it agrees as often as that."""
    shares: tuple[tuple[float, float], ...]
    """Every value that was used, with its share of the ratings."""
    severity: tuple[tuple[str, float], ...]
    """For every rater the mean difference from the others' mean on the same answers; below 0 is severe."""
    kappa: float | None
    """Of two raters: Cohen's kappa with quadratic weights (1968)."""
    seed: int
    resamples: int
    degenerate: int
    """Resamples in which only one value occurs; they are in no interval."""

    @property
    def proven(self) -> bool:
        """Whether there are enough answers to rely on a judge that was compared with people."""
        return self.answers >= LEAST_JUDGED


def agreement(
    ratings: Iterable[Rating], *, level: Level = Level.ORDINAL, resamples: int = RESAMPLES, seed: int = SEED
) -> Agreement:
    """How far the raters agree. A rater's several ratings of one answer count as their mean."""
    by_answer: dict[tuple[str, str], dict[str, list[float]]] = {}
    for rating in ratings:
        by_answer.setdefault((rating.prompt, rating.answer), {}).setdefault(rating.rater, []).append(rating.value)
    units = {
        key: {rater: mean(values) for rater, values in given.items()}
        for key, given in sorted(by_answer.items())
        if len(given) > 1
    }
    prompts = sorted({prompt for prompt, _ in units})
    raters = tuple(sorted({rater for given in units.values() for rater in given}))
    values = sorted({value for given in units.values() for value in given.values()})
    used = [value for given in units.values() for value in given.values()]
    counts = Counter(used)
    shares = tuple((value, counts[value] / len(used)) for value in values)
    reason = _reason(units, values)
    alpha = low = high = None
    degenerate = 0
    if reason is None:
        tables = _coincidences(units, prompts, values)
        alpha = float(_alpha(tables.sum(axis=0)[None], values, level)[0])
        low, high, degenerate = _interval(tables, values, level, resamples, seed)
    return Agreement(
        answers=len(units),
        prompts=len(prompts),
        ratings=len(used),
        raters=raters,
        alpha=alpha,
        low=low,
        high=high,
        level=level,
        no_alpha=reason,
        exact=_pairs_within(units, ALIKE),
        within_one=_pairs_within(units, 1 + ALIKE),
        base_rate=max((share for _, share in shares), default=None),
        shares=shares,
        severity=tuple((rater, _severity(rater, units)) for rater in raters),
        kappa=_kappa(units, raters) if len(raters) == 2 and reason is None else None,
        seed=seed,
        resamples=resamples if reason is None else 0,
        degenerate=degenerate,
    )


Units = Mapping[tuple[str, str], Mapping[str, float]]


def _reason(units: Units, values: Sequence[float]) -> NoAlpha | None:
    if not units:
        return NoAlpha.NO_PAIRS
    if len(values) == 1:
        return NoAlpha.ONE_VALUE
    return NoAlpha.FEW if len({prompt for prompt, _ in units}) < LEAST_SHARED else None


def _coincidences(units: Units, prompts: Sequence[str], values: Sequence[float]) -> np.ndarray:
    """Which values met in the same answer, by prompt: prompts × values × values (Krippendorff 2011).

    A pair of an answer with k ratings counts 1 / (k - 1), both ways.
    """
    import numpy as np

    row, column = ({key: number for number, key in enumerate(keys)} for keys in (prompts, values))
    tables = np.zeros((len(prompts), len(values), len(values)))
    for (prompt, _), given in units.items():
        for one, other in combinations(sorted(given.values()), 2):
            tables[row[prompt], column[one], column[other]] += 1 / (len(given) - 1)
            tables[row[prompt], column[other], column[one]] += 1 / (len(given) - 1)
    return tables


def _alpha(tables: np.ndarray, values: Sequence[float], level: Level) -> np.ndarray:
    """Alpha of each of b × v × v tables; nan where only one value occurs."""
    import numpy as np

    counts = tables.sum(axis=2)
    apart = _squared_distance(counts, values, level)
    n = counts.sum(axis=1)
    observed = (tables * apart).sum(axis=(1, 2)) / n
    expected = (counts[:, :, None] * counts[:, None, :] * apart).sum(axis=(1, 2)) / (n * (n - 1))
    known = expected > 0
    alphas: np.ndarray = np.where(known, 1 - observed / np.where(known, expected, 1), np.nan)
    return alphas


def _squared_distance(counts: np.ndarray, values: Sequence[float], level: Level) -> np.ndarray:
    import numpy as np

    number = np.arange(len(values))
    if level is Level.NOMINAL:
        unlike: np.ndarray = (number[:, None] != number[None, :]).astype(float)[None]
        return unlike
    if level is Level.INTERVAL:
        known = np.asarray(values)
        squared: np.ndarray = ((known[:, None] - known[None, :]) ** 2)[None]
        return squared
    # The ratings between two values, their own counting half.
    upto = np.cumsum(counts, axis=1) - counts / 2
    return (upto[:, :, None] - upto[:, None, :]) ** 2


def _interval(
    tables: np.ndarray, values: Sequence[float], level: Level, resamples: int, seed: int
) -> tuple[float | None, float | None, int]:
    import numpy as np

    drawn = np.tensordot(resampled_counts(len(tables), resamples, seed), tables, axes=1)
    alphas = _alpha(drawn, values, level)
    known = alphas[~np.isnan(alphas)]
    if not len(known):
        return None, None, resamples
    return *percentile_interval(known, expanded_tail(len(tables))), resamples - len(known)


def _pairs_within(units: Units, distance: float) -> float | None:
    shares = [
        mean([float(abs(one - other) <= distance) for one, other in combinations(given.values(), 2)])
        for given in units.values()
    ]
    return mean(shares) if shares else None


def _severity(rater: str, units: Units) -> float:
    return mean(
        [
            given[rater] - mean([value for other, value in given.items() if other != rater])
            for given in units.values()
            if rater in given
        ]
    )


def _kappa(units: Units, raters: tuple[str, ...]) -> float | None:
    """Cohen's kappa with quadratic weights.

    What chance gives is the mean of (a - b)² over all pairs of a and b: both variances plus the squared difference of
    the means.
    """
    one, other = ([given[rater] for given in units.values()] for rater in raters)
    observed = mean([(a - b) ** 2 for a, b in zip(one, other, strict=True)])
    expected = (mean(one) - mean(other)) ** 2 + pvariance(one) + pvariance(other)
    return 1 - observed / expected if expected else None


def flip_rate(shown_both_ways: Iterable[tuple[str, int, int]]) -> Share:
    """How often a judge changes its mind when two answers change places: prompt, its result either way (1, 0, -1), both
    told from the same model's side.
    """
    return share_by_prompt((prompt, one != other) for prompt, one, other in shown_both_ways)
