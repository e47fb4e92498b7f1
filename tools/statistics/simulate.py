"""How often the statistics are wrong: data sets of which the truth is known, through the program's own functions.

Everything is drawn from stored seeds, so that one run says what the last one said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from tui.report.agreement import Rating, agreement
from tui.report.statistics.distributions import ALPHA, LEVEL, binomial_mass, z_quantile
from tui.report.statistics.paired import compare_paired, holm
from tui.report.statistics.per_prompt import by_prompt, paired
from tui.report.statistics.prompts_needed import stop_rule
from tui.report.statistics.ranking import Match, rank
from tui.report.statistics.sample import stat_of
from tui.report.statistics.shares import (
    WinRate,
    difference_interval,
    pass_fail,
    share_by_prompt,
    share_of,
    sign_test_p,
)
from tui.report.statistics.times import compare_sessions, compare_times, session_noise

SETS = 2_000
"""Data sets for a figure, unless it says otherwise: a share of 5 % is then known to within 1 %."""
ICC = 0.5
"""Of the variance of a difference, the part that is the prompt's own; the rest differs from round to round."""
ROUNDS = 3
SEED = 1


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.hits / self.of


def rate(cases: Iterable[bool]) -> Rate:
    """How many of these are so."""
    found = list(cases)
    return Rate(sum(found), len(found))


def holds(low: float | None, high: float | None, truth: float) -> bool:
    """Whether an interval is there and holds the truth."""
    return low is not None and high is not None and low <= truth <= high


# What is drawn

NORMAL = "normally distributed"
SCORES = "scores from 1 to 5"
Drawn = tuple[np.ndarray, np.ndarray]
"""The values of two models, prompts × rounds."""


def smooth(draw: np.random.Generator, n: int, effect: float) -> Drawn:
    """Normally distributed differences; A is better by `effect`."""
    prompts = np.repeat(draw.normal(0, 1, (n, 1)), ROUNDS, axis=1)
    own = draw.normal(effect, math.sqrt(ICC), (n, 1))
    return prompts + own + draw.normal(0, math.sqrt(1 - ICC), (n, ROUNDS)), prompts


def scores(draw: np.random.Generator, n: int, effect: float) -> Drawn:
    """Scores from 1 to 5; A is better by about `effect`."""
    prompts = draw.normal(3.3, 0.8, (n, 1))
    a, b = (
        np.clip(
            np.round(
                prompts
                + draw.normal(shift, 0.9 * math.sqrt(ICC), (n, 1))
                + draw.normal(0, 0.9 * math.sqrt(1 - ICC), (n, ROUNDS))
            ),
            1,
            5,
        )
        for shift in (effect, 0.0)
    )
    return a, b


DRAWN: dict[str, Callable[[np.random.Generator, int, float], Drawn]] = {NORMAL: smooth, SCORES: scores}


def rows(values: np.ndarray) -> list[tuple[str, float]]:
    """Each value with its prompt."""
    return [(f"p{i:03}", value) for i, rounds in enumerate(values.tolist()) for value in rounds]


def true_effect(kind: str, effect: float) -> float:
    """The mean difference of very many prompts."""
    if kind == NORMAL:
        return effect
    a, b = DRAWN[kind](np.random.default_rng(99), 1_000_000, effect)
    return float((a - b).mean())


# What is found


@dataclass(frozen=True, slots=True)
class PairedFigures:
    """What became of many data sets of two models."""

    shown: Rate
    """One was said to be better."""
    covered: Rate
    """The interval held the true difference."""
    pooled: Rate
    """What counting every round as a prompt would have called significant."""


def paired_figures(kind: str, n: int, *, effect: float = 0.0, sets: int = SETS) -> PairedFigures:
    """Compare two models many times, on `n` prompts with three rounds each."""
    draw, truth = np.random.default_rng([SEED, n]), true_effect(kind, effect)
    shown, covered, pooled = [], [], []
    for _ in range(sets):
        a, b = DRAWN[kind](draw, n, effect)
        both = paired(by_prompt(rows(a)), by_prompt(rows(b)))
        found = compare_paired(both.a, both.b)
        shown.append(found.better() != 0)
        covered.append(holds(found.low, found.high, truth))
        apart = a - b
        pooled.append(bool(abs(apart.mean()) > z_quantile(0.975) * apart.std(ddof=1) / math.sqrt(apart.size)))
    return PairedFigures(rate(shown), rate(covered), rate(pooled))


def several_false_alarms(models: int, n: int, *, sets: int = SETS) -> tuple[Rate, Rate]:
    """How often any pair of equal models is called different: with Holm's method and without."""
    draw = np.random.default_rng([SEED, models, n])
    with_holm, without = [], []
    for _ in range(sets):
        values = draw.normal(size=(n, 1)) + draw.normal(size=(n, models))
        pairs = [
            compare_paired(values[:, i].tolist(), values[:, j].tolist(), models=models)
            for i, j in combinations(range(models), 2)
        ]
        ps = [pair.p for pair in pairs if pair.p is not None]
        with_holm.append(any(pair.better(p) for pair, p in zip(pairs, holm(ps), strict=True)))
        without.append(any(pair.excludes_zero and p <= ALPHA for pair, p in zip(pairs, ps, strict=True)))
    return rate(with_holm), rate(without)


def false_sameness(kind: str, n: int, margin: float = 0.5, *, sets: int = SETS) -> Rate:
    """How often two models are called the same within ±`margin` that truly differ by just that."""
    draw = np.random.default_rng([SEED, n, 7])
    latent = margin
    for _ in range(4 if kind != NORMAL else 0):
        latent *= margin / true_effect(kind, latent)
    found = []
    for _ in range(sets):
        a, b = DRAWN[kind](draw, n, latent)
        both = paired(by_prompt(rows(a)), by_prompt(rows(b)))
        found.append(compare_paired(both.a, both.b).same_within(margin))
    return rate(found)


def power(n: int, effect: float, sd: float, *, sets: int = SETS // 4) -> Rate:
    """How often a true difference is shown."""
    draw = np.random.default_rng([SEED, n, 3])
    return rate(compare_paired(draw.normal(effect, sd, n).tolist(), [0.0] * n).better() == 1 for _ in range(sets))


def trinomial(n: int) -> Iterator[tuple[int, int, float]]:
    """Every number of wins and of losses of `n`, with the logarithm of in how many ways it comes about."""
    for wins in range(n + 1):
        for losses in range(n - wins + 1):
            ways = math.lgamma(n + 1) - sum(math.lgamma(k + 1) for k in (wins, losses, n - wins - losses))
            yield wins, losses, ways


GRID = [(a, b) for a, b in product(np.arange(0.02, 0.99, 0.04), repeat=2) if a + b < 0.99]
"""Chances of a win and of a loss."""


def win_rate_coverage(n: int, interval: Callable[[int, int, int], tuple[float, float]] = difference_interval) -> float:
    """The least exact coverage of the interval of a win rate, over chances of winning and losing."""
    cases = list(trinomial(n))
    wins, losses, ways = (np.array(column) for column in zip(*cases, strict=True))
    ends = np.array([interval(int(won), int(lost), n) for won, lost in zip(wins, losses, strict=True)])
    least = 1.0
    for p_win, p_loss in GRID:
        p_tie = 1 - p_win - p_loss
        logs = ways + wins * math.log(p_win) + losses * math.log(p_loss) + (n - wins - losses) * math.log(p_tie)
        inside = (ends[:, 0] <= p_win - p_loss) & (p_win - p_loss <= ends[:, 1])
        least = min(least, float(np.exp(logs)[inside].sum()))
    return least


def wald(more: int, less: int, n: int) -> tuple[float, float]:
    """The interval of the textbooks, for comparison."""
    middle = (more - less) / n
    half = z_quantile((1 + LEVEL) / 2) * math.sqrt(max(0.0, (more + less) / n - middle**2) / n)
    return middle - half, middle + half


def share_coverage(n: int) -> tuple[float, float]:
    """The least exact coverage of Wilson's interval over shares from 10 % to 90 %, and the mean from 1 % to 99 %."""
    ends = [share_of(k, n) for k in range(n + 1)]
    found = {
        percent: sum(
            binomial_mass(k, n, percent / 100) for k, end in enumerate(ends) if holds(end.low, end.high, percent / 100)
        )
        for percent in range(1, 100)
    }
    return min(found[percent] for percent in range(10, 91)), sum(found.values()) / len(found)


def clustered_share_coverage(prompts: int, votes: int, true: float, *, sets: int = SETS) -> Rate:
    """Coverage of the share of votes, several a prompt, which resemble each other."""
    draw = np.random.default_rng([SEED, prompts, votes])
    covered = []
    for _ in range(sets):
        # Beta-distributed shares of prompts with this mean: the correlation of two votes is a half.
        own = draw.beta(true, 1 - true, prompts)
        found = share_by_prompt((f"p{i}", bool(so)) for i, share in enumerate(own) for so in draw.random(votes) < share)
        covered.append(holds(found.low, found.high, true))
    return rate(covered)


def most_false_alarms(found: Callable[[int, int, int], WinRate], n: int) -> float:
    """The largest exact chance that one of two equal models is shown to win more often, over all shares of ties.

    `found` makes the result of wins, losses and ties.
    """
    shown = {
        (wins, decisive): found(wins, decisive - wins, n - decisive).better() != 0
        for decisive in range(n + 1)
        for wins in range(decisive + 1)
    }
    largest = 0.0
    for percent in range(5, 101, 5):
        total = 0.0
        for (wins, decisive), is_shown in shown.items():
            if is_shown:
                chance = binomial_mass(decisive, n, percent / 100) if percent < 100 else float(decisive == n)
                total += chance * binomial_mass(wins, decisive)
        largest = max(largest, total)
    return largest


def passes(only_a: int, only_b: int, both: int) -> WinRate:
    """Two models that pass or fail, by counts."""
    a = [True] * only_a + [False] * only_b + [True] * both
    return pass_fail(a, [False] * only_a + [True] * only_b + [True] * both)


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """What became of many rankings."""

    apart: Rate
    """Any pair was separated."""
    covered: Rate
    """The interval of a difference held the true one, over all pairs."""


def ranking_figures(
    strengths: Sequence[float], n: int, *, met: int, sets: int = SETS // 10, ties: float = 0.6
) -> RankingFigures:
    """Rank models by wins on `n` prompts; of each prompt, `met` of the models, drawn by lot, are compared.

    Results follow Davidson's model with these log strengths, so that Bradley-Terry's true differences are known; those
    of win totals are worked out from it.
    """
    models = [f"m{i}" for i in range(len(strengths))]
    draw = np.random.default_rng([SEED, n, met, len(models)])
    complete = met == len(models)
    chances = {}
    for i, j in product(range(len(models)), repeat=2):
        apart = (strengths[i] - strengths[j]) / 2
        weights = np.array([math.exp(apart), ties, math.exp(-apart)])
        chances[i, j] = weights / weights.sum()
    shares = [
        sum(chances[i, j][0] + chances[i, j][1] / 2 for j in range(len(models)) if j != i) / (len(models) - 1)
        for i in range(len(models))
    ]
    truth = dict(zip(models, shares if complete else strengths, strict=True))
    separated, covered = [], []
    for _ in range(sets):
        found = []
        for prompt in range(n):
            here = sorted(draw.permutation(len(models))[:met].tolist())
            for i, j in combinations(here, 2):
                found.append(Match(f"p{prompt}", models[i], models[j], 1 - int(draw.choice(3, p=chances[i, j]))))
        ranking = rank(found)
        if ranking.not_scoreable is None:
            separated.append(any(each.apart for each in ranking.differences))
            covered += [each.low <= truth[each.better] - truth[each.worse] <= each.high for each in ranking.differences]
    return RankingFigures(rate(separated), rate(covered))


def alpha_coverage(prompts: int, answers: int = 1, *, sets: int = SETS // 8) -> tuple[Rate, float]:
    """Coverage of the interval of alpha, and the true alpha: two raters see a score from 1 to 5 with noise.

    Half of what makes one answer better than another is common to its prompt's answers.
    """

    def rated(draw: np.random.Generator, count: int) -> list[Rating]:
        worth = draw.normal(3.2, 0.8, (count, 1, 1)) + draw.normal(0, 0.8, (count, answers, 1))
        seen = np.clip(np.round(worth + draw.normal(0, 0.7, (count, answers, 2))), 1, 5)
        return [Rating(f"p{i:05}", f"a{k}", f"r{r}", float(seen[i, k, r])) for i, k, r in np.ndindex(seen.shape)]

    truth = agreement(rated(np.random.default_rng(98), 20_000), resamples=2).alpha
    assert truth is not None
    draw = np.random.default_rng([SEED, prompts, answers])
    found = (agreement(rated(draw, prompts)) for _ in range(sets))
    return rate(holds(each.low, each.high, truth) for each in found), truth


@dataclass(frozen=True, slots=True)
class SessionFigures:
    """What became of two sessions of one and the same model."""

    naive: Rate
    """The interval within the sessions excludes 1."""
    known: Rate
    """So does the one with the noise between sessions."""
    regression: Rate
    """A slowdown above 5 % is said to be shown."""


def session_figures(between: float, before: int, *, prompts: int = 6, sets: int = SETS) -> SessionFigures:
    """Nothing changed between two sessions of 6 prompts; runs spread by 2 %, sessions by `between`."""
    draw = np.random.default_rng([SEED, before, round(1000 * between), prompts])

    def session() -> dict[str, float]:
        logs = draw.normal(0, between) + draw.normal(0, 0.02, prompts)
        return {f"p{i}": 500 * math.exp(each) for i, each in enumerate(logs)}

    naive, known, regression = [], [], []
    for _ in range(sets):
        noise = session_noise([session() for _ in range(before)])
        both = paired(session(), session())
        alone, found = compare_times(both.a, both.b), compare_sessions(both.a, both.b, noise)
        naive.append(not holds(alone.low, alone.high, 1))
        known.append(not holds(found.low, found.high, 1))
        regression.append(found.slower() is True)
    return SessionFigures(rate(naive), rate(known), rate(regression))


def median_coverage(n: int, *, sets: int = SETS // 2) -> Rate:
    """Coverage of the interval of a median of `n` runs whose times are log-normally distributed."""
    draw = np.random.default_rng([SEED, n, 5])
    found = (stat_of(np.exp(draw.normal(0, 0.5, n)).tolist()) for _ in range(sets))
    return rate(holds(stat.low, stat.high, 1) for stat in found)


def p95_bound_coverage(n: int, *, sets: int = SETS) -> Rate:
    """How often the 95th percentile is below the bound that is given for it."""
    draw = np.random.default_rng([SEED, n, 6])
    truth = math.exp(0.5 * z_quantile(0.95))
    found = (stat_of(np.exp(draw.normal(0, 0.5, n)).tolist()) for _ in range(sets))
    return rate(stat.p95_high is not None and truth <= stat.p95_high for stat in found)


def stop_false_alarms(pairs: int, *, looks: int = 300, sets: int = SETS) -> tuple[Rate, Rate]:
    """How often somebody who looks after each prompt is told to stop though nothing differs: with the e-value, and with
    a sign test at 5 % as if each look were the only one.
    """
    draw = np.random.default_rng([SEED, pairs])
    # The least wins at which each says so, for every number of prompts.
    e_least, p_least = [], []
    for n in range(1, looks + 1):
        counts = range((n + 1) // 2, n + 1)
        e_least.append(next((k for k in counts if stop_rule(k, n - k, pairs).may_stop), n + 1))
        p_least.append(next((k for k in counts if sign_test_p(k, n - k) <= ALPHA), n + 1))
    by_e, by_p = [], []
    for _ in range(sets):
        wins = np.cumsum(draw.integers(0, 2, (pairs, looks)), axis=1)
        more = np.maximum(wins, np.arange(1, looks + 1) - wins)
        by_e.append(bool((more >= e_least).any()))
        by_p.append(bool((more >= p_least).any()))
    return rate(by_e), rate(by_p)
