"""The statistics beside libraries that others wrote and many use: `python -m pip install --group references`."""

from __future__ import annotations

import importlib
import math
import random
import warnings
from collections.abc import Sequence
from itertools import combinations
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.support.some import some
from tui.report.agreement import Level, Rating, agreement
from tui.report.statistics.bradley_terry import log_strengths
from tui.report.statistics.distributions import (
    binomial_mass,
    binomial_tail,
    incomplete_beta,
    t_cdf,
    t_quantile,
    z_quantile,
)
from tui.report.statistics.paired import compare_paired
from tui.report.statistics.resampling import expanded_tail, percentile_interval, resampled_counts
from tui.report.statistics.shares import share_of, sign_test_p

pytestmark = pytest.mark.slow
"""Their imports take seconds."""


def reference(name: str) -> ModuleType:
    """A library to compare with. The test is skipped where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            pytest.skip(f"no reference of the statistics: {name} is not installed")


def test_t_and_its_quantiles_to_ten_digits() -> None:
    stats = reference("scipy.stats")
    for df in (1, 2, 3, 4.5, 5, 9, 19, 29, 100, 1000):
        for t in some(np.concatenate((np.linspace(-40, 40, 321), [-1e3, 1e4])).tolist()):
            assert t_cdf(t, df) == pytest.approx(float(stats.t.cdf(t, df)), abs=1e-11)
            if t < 0:
                assert t_cdf(t, df) == pytest.approx(float(stats.t.cdf(t, df)), rel=1e-10)
        for probability in (1e-6, 0.001, 0.025, 0.1, 0.4, 0.5, 0.8, 0.95, 0.975, 0.999, 1 - 1e-9):
            expected = float(stats.t.ppf(probability, df))
            # From 0.5 up the probability itself has no more digits than that.
            assert t_quantile(probability, df) == pytest.approx(expected, rel=1e-10 if probability < 1 - 1e-6 else 1e-7)


def test_the_incomplete_beta_and_binomial_chances_to_ten_digits() -> None:
    special, stats = reference("scipy.special"), reference("scipy.stats")
    draw = random.Random(1)
    for _ in range(3000):
        a, b, x = 10 ** draw.uniform(-1, 3), 10 ** draw.uniform(-1, 3), draw.random()
        assert incomplete_beta(a, b, x) == pytest.approx(float(special.betainc(a, b, x)), abs=1e-11)
    for n in (1, 6, 20, 100, 3000):
        for share in (0.01, 0.5, 0.95):
            for k in some({0, 1, n // 3, n // 2, n}):
                assert binomial_tail(k, n, share) == pytest.approx(float(stats.binom.sf(k - 1, n, share)), abs=1e-10)
                assert binomial_mass(k, n, share) == pytest.approx(float(stats.binom.pmf(k, n, share)), abs=1e-10)


def test_the_paired_interval_and_the_permutation_test() -> None:
    stats = reference("scipy.stats")
    draw = random.Random(2)
    for n in (6, 9, 14, 30):
        a = [draw.gauss(0.4, 1) for _ in range(n)]
        b = [draw.gauss(0, 1) for _ in range(n)]
        found = compare_paired(a, b)
        interval = stats.ttest_rel(a, b).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
        test = stats.permutation_test(
            (a, b),
            lambda one, other, axis: np.mean(one - other, axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=math.inf if n <= 14 else 9_999,
            rng=np.random.default_rng(3),
        )
        assert found.p == pytest.approx(float(test.pvalue), abs=1e-9 if n <= 14 else 0.015)


def test_the_two_one_sided_tests() -> None:
    stats = reference("scipy.stats")
    draw = random.Random(3)
    for n in (8, 20):
        apart = [draw.gauss(0.1, 0.6) for _ in range(n)]
        found = compare_paired(apart, [0.0] * n)
        above = stats.ttest_1samp(apart, -0.5, alternative="greater").pvalue
        below = stats.ttest_1samp(apart, 0.5, alternative="less").pvalue
        assert found.p_same(0.5) == pytest.approx(max(above, below), rel=1e-9)


def test_wilson_and_the_sign_test() -> None:
    stats = reference("scipy.stats")
    for n in (1, 6, 13, 40, 300):
        for k in some(range(0, n + 1, max(1, n // 7))):
            test = stats.binomtest(k, n)
            interval = test.proportion_ci(0.95, method="wilson")
            found = share_of(k, n)
            assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-12)
            assert sign_test_p(k, n - k) == pytest.approx(float(test.pvalue), rel=1e-9)


def test_the_bootstrap_of_a_mean() -> None:
    stats = reference("scipy.stats")
    values = np.random.default_rng(4).gamma(2, 1, 40)
    resampled = resampled_counts(40, 20_000, 20) @ values / 40
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    assert percentile_interval(resampled, 0.025) == pytest.approx((theirs.low, theirs.high), abs=0.02)
    # The expanded percentile interval of a mean is about Student's.
    low, high = percentile_interval(resampled, expanded_tail(40))
    half = t_quantile(0.975, 39) * values.std(ddof=1) / math.sqrt(40)
    assert (high - low) / 2 == pytest.approx(half, rel=0.03)
    assert stats.norm.ppf(0.975) == pytest.approx(z_quantile(0.975))


def drawn_wins(seed: int, m: int) -> list[tuple[int, int]]:
    draw = np.random.default_rng(seed)
    strengths = draw.normal(size=m)
    found = []
    for i, j in combinations(range(m), 2):
        for _ in range(12):
            first = draw.random() < 1 / (1 + math.exp(strengths[j] - strengths[i]))
            found.append((i, j) if first else (j, i))
        found += [(i, j), (j, i)]
    return found


def table_of(pairs: Sequence[tuple[int, int]], m: int) -> np.ndarray:
    wins = np.zeros((1, m, m))
    for winner, loser in pairs:
        wins[0, winner, loser] += 1
    return wins


@pytest.mark.parametrize("seed", range(4))
def test_bradley_terry_as_in_choix(seed: int) -> None:
    choix = reference("choix")
    pairs = drawn_wins(seed, 5)
    ours = log_strengths(table_of(pairs, 5), np.zeros((1, 5, 5)), 0)[0]
    theirs = choix.opt_pairwise(5, pairs)
    assert ours.tolist() == pytest.approx((theirs - theirs.mean()).tolist(), abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_bradley_terry_as_in_evalica(seed: int) -> None:
    evalica = reference("evalica")
    pairs = drawn_wins(seed, 5)
    ours = log_strengths(table_of(pairs, 5), np.zeros((1, 5, 5)), 0)[0]
    winners, losers = zip(*[(f"m{winner}", f"m{loser}") for winner, loser in pairs], strict=True)
    result = evalica.bradley_terry(winners, losers, [evalica.Winner.X] * len(pairs), tolerance=1e-12, limit=10_000)
    theirs = np.log([result.scores[f"m{i}"] for i in range(5)])
    assert ours.tolist() == pytest.approx((theirs - theirs.mean()).tolist(), abs=1e-4)


def rated(seed: int, units: int, raters: int) -> list[list[float | None]]:
    draw = random.Random(seed)
    rows: list[list[float | None]] = [[] for _ in range(raters)]
    for _ in range(units):
        worth = draw.gauss(3, 1)
        for row in rows:
            row.append(None if draw.random() < 0.15 else min(5, max(1, round(worth + draw.gauss(0, 0.8)))))
    return rows


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("seed", range(3))
def test_alpha_as_in_evalica(level: Level, seed: int) -> None:
    evalica, pandas = reference("evalica"), reference("pandas")
    rows = rated(seed, 25, 3)
    ours = agreement(
        (
            Rating(f"p{i:02}", "a", f"r{k}", value)
            for k, row in enumerate(rows)
            for i, value in enumerate(row)
            if value is not None
        ),
        level=level,
    )
    theirs: Any = evalica.alpha(pandas.DataFrame(rows), distance=level.value)
    assert ours.alpha == pytest.approx(theirs.alpha, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_weighted_kappa_as_in_scikit_learn(seed: int) -> None:
    metrics = reference("sklearn.metrics")
    rows = [[value or 3 for value in row] for row in rated(seed, 40, 2)]
    ours = agreement(Rating(f"p{i}", "a", f"r{k}", v) for k, row in enumerate(rows) for i, v in enumerate(row))
    assert ours.kappa == pytest.approx(metrics.cohen_kappa_score(*rows, weights="quadratic", labels=[1, 2, 3, 4, 5]))
