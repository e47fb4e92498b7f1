"""Order and tiers: against brute force on small cases, and what must change nothing."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest

from tests.support.some import some
from tui.report.statistics.bradley_terry import log_strengths, not_scoreable, reachable
from tui.report.statistics.ranking import BRADLEY_TERRY, WIN_TOTALS, Match, Ranking, matches_by_value, rank
from tui.report.statistics.shares import win_rate


def won(*results: str, prompt: str = "p") -> list[Match]:
    """`a>b`: a won; `a=b`: neither. Each on a prompt of its own."""
    found = []
    for number, result in enumerate(results):
        a, sign, b = result
        found.append(Match(f"{prompt}{number:03}", a, b, {">": 1, "=": 0, "<": -1}[sign]))
    return found


def values(seed: int, means: Sequence[float], n: int) -> dict[str, dict[str, float]]:
    draw = random.Random(seed)
    return {
        name: {f"p{i:02}": round(draw.gauss(mean, 1), 1) for i in range(n)}
        for name, mean in zip("abcdefgh", means, strict=False)
    }


def log_likelihood(strengths: Sequence[float], log_v: float, wins: np.ndarray, ties: np.ndarray) -> float:
    total = 0.0
    for i, j in combinations(range(len(strengths)), 2):
        s_i, s_j, v = math.exp(strengths[i]), math.exp(strengths[j]), math.exp(log_v)
        tie = v * math.sqrt(s_i * s_j)
        everything = s_i + s_j + tie
        total += wins[i, j] * math.log(s_i / everything) + wins[j, i] * math.log(s_j / everything)
        total += ties[i, j] * math.log(tie / everything) if ties[i, j] else 0
    return total


def climbed(wins: np.ndarray, ties: np.ndarray, pseudo: float) -> list[float]:
    """The strengths of the greatest likelihood, by trying one coordinate after another in ever smaller steps."""
    wins = wins + pseudo * ((wins + wins.T + ties) > 0)
    m = len(wins)
    at = [0.0] * (m + 1)
    if not ties.any():
        at[m] = -50.0

    def height(point: Sequence[float]) -> float:
        return log_likelihood(point[:m], point[m], wins, ties)

    step = 1.0
    while step > 1e-9:
        moves = [(k, way) for k in range(m + bool(ties.any())) for way in (step, -step)]
        better = [[*at[:k], at[k] + way, *at[k + 1 :]] for k, way in moves]
        best = max(better, key=height)
        if height(best) > height(at) + 1e-15:
            at = best
        else:
            step /= 2
    return [each - sum(at[:m]) / m for each in at[:m]]


@pytest.mark.parametrize("pseudo", [0.5, 0.0])
@pytest.mark.parametrize("seed", range(4))
def test_strengths_are_those_of_brute_force(seed: int, pseudo: float) -> None:
    draw = np.random.default_rng(seed)
    m = 3 + seed % 2
    wins = draw.integers(1, 9, (m, m)).astype(float)
    ties = draw.integers(0, 4, (m, m)).astype(float)
    ties = ties + ties.T if seed else np.zeros((m, m))
    for matrix in (wins, ties):
        np.fill_diagonal(matrix, 0)
    found = log_strengths(wins[None], ties[None], pseudo)[0]
    assert found.tolist() == pytest.approx(climbed(wins, ties, pseudo), abs=1e-5)
    assert found.sum() == pytest.approx(0)


def test_two_models_have_a_closed_form() -> None:
    wins = np.array([[0.0, 7.0], [3.0, 0.0]])
    strengths = log_strengths(wins[None], np.zeros((1, 2, 2)), 0)[0]
    assert strengths[0] - strengths[1] == pytest.approx(math.log(7 / 3))
    strengths = log_strengths(wins[None], np.zeros((1, 2, 2)))[0]
    assert strengths[0] - strengths[1] == pytest.approx(math.log(7.5 / 3.5))


def test_many_resamples_at_once_are_each_like_one_alone() -> None:
    draw = np.random.default_rng(2)
    wins = draw.integers(0, 5, (20, 4, 4)).astype(float) * (1 - np.eye(4))
    ties = draw.integers(0, 3, (20, 4, 4)).astype(float) * (1 - np.eye(4))
    ties = ties + ties.swapaxes(1, 2)
    ties[::3] = 0
    together = log_strengths(wins, ties)
    for one in some(range(20)):
        assert together[one].tolist() == pytest.approx(log_strengths(wins[[one]], ties[[one]])[0].tolist(), abs=1e-8)


def test_a_model_that_never_won_gets_no_strength_out_of_nothing() -> None:
    strengths = log_strengths(np.array([[[0.0, 30.0], [0.0, 0.0]]]), np.zeros((1, 2, 2)))[0]
    assert abs(strengths).max() < 3


def test_when_every_model_answered_every_prompt_the_order_is_that_of_win_totals() -> None:
    scores = values(1, (0, 0.2, 1, 2), 30)
    found = rank(matches_by_value(scores))
    assert found.method == WIN_TOTALS and found.prompts == 30
    totals = {
        name: sum(
            (mine > other) + (mine == other) / 2
            for prompt, mine in some(scores[name].items())
            for other in some(scores[rival][prompt] for rival in scores if rival != name)
        )
        for name in scores
    }
    assert {standing.model: standing.total for standing in found.standings} == totals
    assert [standing.model for standing in found.standings] == sorted(totals, key=lambda name: -totals[name])
    assert found.standings[0].strength == pytest.approx(max(totals.values()) / 90)
    assert found.tiers == (("d",), ("c", "b"), ("b", "a"))
    assert found.tied_for_first == ("d",)


def test_models_that_the_data_cannot_separate_share_a_tier() -> None:
    for seed in range(12):
        found = rank(matches_by_value(values(seed, (0, 0.4, 0.8, 1.2, 1.6), 16)), resamples=300)
        apart = {frozenset((each.better, each.worse)) for each in found.differences if each.apart}
        together = {frozenset(pair) for tier in found.tiers for pair in combinations(tier, 2)}
        everybody = {frozenset(pair) for pair in combinations("abcde", 2)}
        assert everybody - apart <= together
        order = [standing.model for standing in found.standings]
        assert list(dict.fromkeys(name for tier in found.tiers for name in tier)) == order
        ranks = {standing.model: (standing.best_rank, standing.worst_rank) for standing in found.standings}
        for place, name in some(enumerate(order, 1)):
            first, last = ranks[name]
            assert first <= place <= last
            beside = {other for tier in found.tiers if name in tier for other in tier}
            assert beside == set(order[first - 1 : last])


def test_equal_models_are_all_tied_for_first() -> None:
    found = rank(won("a=b", "b=c", "a=c", "a=b") * 5)
    assert found.tiers == (("a", "b", "c"),) == (found.tied_for_first,)
    assert {(standing.best_rank, standing.worst_rank) for standing in found.standings} == {(1, 3)}


def test_too_few_prompts_separate_nothing() -> None:
    clear = {"a": 3.0, "b": 2.0, "c": 1.0}
    six = rank(matches_by_value({name: {f"p{i}": value for i in range(6)} for name, value in clear.items()}))
    assert (six.least_n, six.tiers) == (7, (("a", "b", "c"),))
    seven = rank(matches_by_value({name: {f"p{i}": value for i in range(7)} for name, value in clear.items()}))
    assert seven.tiers == (("a",), ("b",), ("c",))


def test_two_models_stand_as_their_win_rate_says() -> None:
    for wins, losses, ties in ((9, 1, 2), (6, 0, 0), (5, 0, 3), (8, 4, 0)):
        results = ["a>b"] * wins + ["a<b"] * losses + ["a=b"] * ties
        found, alone = rank(won(*results)), win_rate(wins, losses, ties)
        assert found.standings[0].strength == pytest.approx(alone.rate)
        assert found.differences[0].p == pytest.approx(alone.p)
        assert found.differences[0].apart is (alone.better() == 1)


def shuffled(matches: list[Match], seed: int) -> list[Match]:
    """The same matches in another order, half of them told from the other side."""
    draw = random.Random(seed)
    turned = [replace(match, a=match.b, b=match.a, result=-match.result) for match in matches]
    mixed = [draw.choice(both) for both in zip(matches, turned, strict=True)]
    return draw.sample(mixed, len(mixed))


def incomplete(seed: int, n: int = 24) -> list[Match]:
    draw = random.Random(seed)
    every = matches_by_value(values(seed, (0, 0.3, 0.9, 1.2), n))
    return [match for match in every if draw.random() < 0.6]


both_kinds = pytest.mark.parametrize(
    "matches", [matches_by_value(values(6, (0, 0.5, 1, 3), 20)), incomplete(7)], ids=["all met on all prompts", "some"]
)


@both_kinds
def test_the_order_of_files_changes_nothing(matches: list[Match]) -> None:
    found = rank(matches)
    for seed in range(3):
        assert rank(shuffled(matches, seed)) == found


def renamed(ranking: Ranking, names: dict[str, str]) -> Ranking:
    return replace(
        ranking,
        standings=tuple(replace(each, model=names[each.model]) for each in ranking.standings),
        tiers=tuple(tuple(names[name] for name in tier) for tier in ranking.tiers),
        differences=tuple(
            replace(each, better=names[each.better], worse=names[each.worse]) for each in ranking.differences
        ),
    )


@both_kinds
def test_renaming_models_changes_no_number(matches: list[Match]) -> None:
    """No model is the reference of the others' intervals: each may come first in the alphabet."""
    found = rank(matches)
    for order in some(list(permutations("wxyz"))[::5]):
        names = dict(zip("abcd", order, strict=True))
        other = rank(replace(match, a=names[match.a], b=names[match.b]) for match in matches)
        expected = renamed(found, names)
        assert other.tiers == expected.tiers
        for mine, theirs in some(zip(expected.differences, other.differences, strict=True)):
            assert (mine.better, mine.worse, mine.apart) == (theirs.better, theirs.worse, theirs.apart)
            numbers = (mine.effect, mine.low, mine.high, mine.p)
            assert numbers == pytest.approx((theirs.effect, theirs.low, theirs.high, theirs.p), abs=1e-9)


def test_rounds_and_raters_of_one_prompt_and_pair_are_one_match() -> None:
    once = won("a>b", "a>b", "b>a", "a=b")
    thrice = [match for match in once for _ in range(3)]
    thrice.append(Match("p000", "b", "a", 1))
    assert rank(thrice) == rank(once)


def test_where_some_met_on_some_prompts_strengths_are_computed() -> None:
    found = rank(incomplete(7))
    assert found.method == BRADLEY_TERRY and found.not_scoreable is None
    strengths = [standing.strength for standing in found.standings]
    assert strengths == sorted(strengths, key=lambda each: -(each or 0))
    assert sum(each or 0 for each in strengths) == pytest.approx(0)
    assert all(each.low < each.effect < each.high for each in some(found.differences))


def test_who_never_won_or_never_lost_cannot_be_scored() -> None:
    found = rank(won("a>b", "b>a", "a>b", "c>a", "c>b", "a>d", "b>d"))
    assert found.not_scoreable is not None
    assert (found.not_scoreable.never_won, found.not_scoreable.never_lost) == (("d",), ("c",))
    assert found.not_scoreable.one_sided == (("c",), ("a", "b"), ("d",))
    assert found.not_scoreable.groups == ()
    assert (found.differences, found.tied_for_first, found.tiers) == ((), (), (("a", "b", "c", "d"),))
    assert [standing.strength for standing in found.standings] == [None] * 4
    assert [(standing.wins, standing.losses) for standing in found.standings] == [(3, 2), (2, 3), (2, 0), (0, 2)]


def test_groups_that_never_met_are_named() -> None:
    found = rank(won("a>b", "b>a", "c>d", "d>c"))
    assert found.not_scoreable is not None
    assert found.not_scoreable.groups == (("a", "b"), ("c", "d"))
    assert found.not_scoreable.never_won == found.not_scoreable.one_sided == ()


def test_a_tie_links_both_ways() -> None:
    assert rank(won("a>b", "a=b", "b>c", "b=c")).not_scoreable is None


def test_reaching_goes_over_others() -> None:
    edges = np.zeros((5, 5), dtype=bool)
    edges[0, 1] = edges[1, 2] = edges[2, 3] = edges[3, 4] = True
    assert reachable(edges).tolist() == np.triu(np.ones((5, 5), dtype=bool)).tolist()
    assert not_scoreable(("a",), np.zeros((1, 1)), np.zeros((1, 1))) is None


def test_resamples_without_a_link_are_counted() -> None:
    """One prompt alone links the two groups; a third of all resamples does not hold it."""
    results = ["a>b", "b>a"] * 6 + ["c>d", "d>c"] * 6
    found = rank([*won(*results), Match("link", "a", "c", 0)], resamples=1000)
    assert found.not_scoreable is None
    assert 250 < found.lost < 500
    assert found.degenerate >= found.lost
    assert found.tiers == (tuple(standing.model for standing in found.standings),), "too many are lost to separate any"


def test_nothing_to_rank() -> None:
    assert rank([]).standings == () and rank([]).tied_for_first == ()
    alone = rank(won("a>b"))
    assert alone.prompts == 1 and alone.tiers == (("a", "b"),)
    assert alone.differences[0].low == -math.inf
