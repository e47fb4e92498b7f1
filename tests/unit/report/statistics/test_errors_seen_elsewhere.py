"""Errors that other programs shipped, each with the figures that show it."""

from __future__ import annotations

import math
import random
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest

from tests.support.some import some
from tui.report.statistics.bradley_terry import log_strengths
from tui.report.statistics.paired import compare_paired
from tui.report.statistics.per_prompt import paired
from tui.report.statistics.ranking import Match, rank
from tui.report.statistics.shares import share_of, win_rate
from tui.report.statistics.times import compare_times


def matches(n: int, *pairs: tuple[str, str, float], seed: int = 1) -> list[Match]:
    """On each of `n` prompts every pair meets; the first of the pair wins with the chance that is given."""
    draw = random.Random(seed)
    return [Match(f"p{i}", a, b, 1 if draw.random() < chance else -1) for i in range(n) for a, b, chance in pairs]


def test_an_interval_of_95_per_cent_leaves_2_5_on_each_side() -> None:
    """An interval between the 5 % and the 95 % quantile is one of 90 %."""
    found = share_of(500, 1000)
    assert found.low is not None and found.high is not None
    assert (found.high - found.low) / (2 * math.sqrt(0.25 / 1000)) == pytest.approx(1.96, abs=0.01)
    ranked = rank(matches(400, ("a", "b", 0.5)))
    (apart,) = ranked.differences
    assert (apart.high - apart.low) / (2 * math.sqrt(4 * 0.25 / 400)) == pytest.approx(1.96, abs=0.12)


def test_paired_values_are_compared_as_pairs() -> None:
    """What makes prompts hard hides the difference from a test that does not know which values belong together."""
    hard = [1.0, 1.6, 2.2, 2.7, 3.1, 3.8, 4.2, 4.6]
    better = [each + gain for each, gain in zip(hard, (1.2, 0.8, 1.1, 1.4, 0.9, 1.2, 1.0, 0.8), strict=True)]
    a, b = np.array(better), np.array(hard)
    welch = (a.mean() - b.mean()) / math.sqrt(a.var(ddof=1) / 8 + b.var(ddof=1) / 8)
    assert 2 * (1 - NormalDist().cdf(welch)) > 0.05, "unpaired, nothing is to be seen"
    found = compare_paired(better, hard)
    assert found.p == pytest.approx(0.0078125) and found.better() == 1


def test_a_model_that_wins_nothing_in_a_resample_does_not_run_away() -> None:
    """Without anything that holds them, strengths of such a model fell to -3,800, and its interval with them."""
    found = rank(
        [
            *matches(30, ("a", "b", 1.0)),
            *[Match("p99", *pair, 1) for pair in (("b", "a"), ("b", "c"))],
            *[Match(f"p{i}", "c", "b", 1) for i in range(9)],
        ],
        resamples=500,
    )
    assert found.not_scoreable is None and found.degenerate > 100
    assert all(abs(standing.strength or 0) < 10 for standing in some(found.standings))
    assert all(-15 < each.low <= each.high < 15 for each in some(found.differences))


def test_no_model_is_the_anchor_of_the_others() -> None:
    """Where one model's strength is fixed, its uncertainty goes into everybody's interval; ours are of differences."""
    draw = random.Random(3)
    every = matches(40, ("a", "b", 0.6), ("b", "c", 0.6), ("a", "c", 0.7))
    some_met = [match for match in every if draw.random() < 0.8]
    lonely = [Match(f"q{i}", "d", name, (-1) ** i) for i, name in enumerate("abcabc")]
    for model in "abc":
        names = {**dict(zip("abcd", "abcd", strict=True)), model: "0"}
        found, other = (
            {
                frozenset((each.better, each.worse)): (each.low, each.high)
                for each in rank(Match(m.prompt, way[m.a], way[m.b], m.result) for m in some_met + lonely).differences
            }
            for way in (dict(zip("abcd", "abcd", strict=True)), names)
        )
        for pair, ends in some(found.items()):
            theirs = other[frozenset(names[name] for name in pair)]
            assert sorted(map(abs, ends)) == pytest.approx(sorted(map(abs, theirs)), abs=1e-9)


def test_pairs_that_never_met_get_no_wins_that_nobody_won() -> None:
    wins = np.array([[0.0, 3, 0], [1, 0, 3], [0, 1, 0]])
    a, b, c = log_strengths(wins[None], np.zeros((1, 3, 3)))[0]
    assert (a - b, b - c) == pytest.approx((math.log(3.5 / 1.5),) * 2)
    assert a - c == pytest.approx(2 * math.log(3.5 / 1.5)), (
        "half a win each way between a and c would draw them together"
    )


def test_a_draw_is_counted_once() -> None:
    found = win_rate(3, 1, 6)
    assert (found.n, found.rate) == (10, pytest.approx(0.6))
    ranked = rank([Match(f"p{i}", "a", "b", 1 if i < 3 else -1 if i < 4 else 0) for i in range(10)])
    assert sum(standing.total for standing in ranked.standings) == 10
    tie, no_tie = np.array([[[0.0, 6], [6, 0]]]), np.zeros((1, 2, 2))
    wins = np.array([[[0.0, 3], [1, 0]]])
    with_ties, without = (log_strengths(wins, ties)[0] for ties in (tie, no_tie))
    # By Davidson's model a tie is half a win for either: (3.5 + 3) against (1.5 + 3), at this share of ties.
    v = 6 / math.sqrt(3.5 * 1.5)
    score = (3.5 + 3) / 11
    strength = math.exp(with_ties[0] - with_ties[1])
    assert (strength + v * math.sqrt(strength) / 2) / (strength + 1 + v * math.sqrt(strength)) == pytest.approx(score)
    assert with_ties[0] == pytest.approx(without[0]), "ties say how often there are ties, not who is better"


def test_a_gate_that_measured_nothing_reports_no_regression() -> None:
    nothing = compare_times([], [])
    assert nothing.slower() is None and nothing.not_slower() is None


def test_rows_of_one_side_alone_are_in_no_mean() -> None:
    """A geometric mean over rows that one file did not have printed -90 % for files that were alike."""
    before = {f"p{i}": 100.0 for i in range(8)}
    after = {**{f"p{i}": 100.0 for i in range(8)}, "new": 1.0, "newer": 2.0}
    both = paired(after, before)
    found = compare_times(both.a, both.b)
    assert (found.n, found.ratio, both.only_a) == (8, 1, ("new", "newer"))


def test_the_number_of_pairs_is_taken_into_account() -> None:
    """With 28 pairs of equal models, one of them nearly always has p below 0.05."""
    draw = random.Random(12)
    values = {name: {f"p{i}": draw.gauss(0, 1) for i in range(12)} for name in "abcdefgh"}
    pairs = [compare_paired([*values[a].values()], [*values[b].values()]) for a, b in combinations(values, 2)]
    assert any(pair.better() for pair in pairs)
    found = rank(
        Match(prompt, a, b, 1 if values[a][prompt] > values[b][prompt] else -1)
        for a, b in combinations(values, 2)
        for prompt in values[a]
    )
    assert not any(each.apart for each in some(found.differences))
