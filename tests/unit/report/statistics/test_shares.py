"""Win rates, passes and other shares: published examples, exact sums, and what counts once."""

from __future__ import annotations

import random
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.report.statistics.shares import (
    first_share,
    longer_share,
    mcnemar_mid_p,
    pass_fail,
    share_by_prompt,
    share_of,
    sign_test_p,
    win_rate,
    win_rate_of,
)
from tui.report.statistics.too_few import Reason, too_few

counts = st.integers(0, 40)


def test_the_published_example_of_the_paired_interval_and_the_mid_p() -> None:
    # Bentur et al. 2009 in Fagerland, Lydersen, Laake 2013 and 2014: 1, 1, 7, 12 of 21 children.
    found = pass_fail([True] + [True] + [False] * 7 + [False] * 12, [True] + [False] + [True] * 7 + [False] * 12)
    assert (found.wins, found.losses, found.both_good, found.both_bad, found.n) == (1, 7, 1, 12, 21)
    assert found.p == pytest.approx(0.0390625)
    assert found.effect is not None and 2 * found.effect == pytest.approx(-6 / 21)
    assert found.low is not None and found.high is not None
    assert (2 * found.low - 1, 2 * found.high - 1) == (pytest.approx(-0.508, abs=5e-4), pytest.approx(-0.013, abs=5e-4))
    assert found.method == "McNemar's test, mid-p"
    assert found.better() == -1


def test_where_every_prompt_is_decided_the_exact_test_is_taken() -> None:
    all_decided = pass_fail([True] * 7 + [False], [False] * 7 + [True])
    assert all_decided.p == sign_test_p(7, 1) == pytest.approx(0.0703125)
    assert all_decided.method == "McNemar's test, exact"
    one_alike = pass_fail([True] * 8 + [False], [False] * 7 + [True] * 2)
    assert one_alike.p == mcnemar_mid_p(7, 1) == pytest.approx(0.0390625)


@given(counts, counts)
def test_both_tests_are_exact_sums(wins: int, losses: int) -> None:
    n, more = wins + losses, max(wins, losses)
    tail = sum(comb(n, k) for k in range(more, n + 1)) / 2**n
    assert sign_test_p(wins, losses) == pytest.approx(min(1, 2 * tail))
    assert sign_test_p(wins, losses) == sign_test_p(losses, wins)
    just = comb(n, more) / 2**n
    expected = 1.0 if not n else 1 - just / 2 if wins == losses else 2 * tail - just
    assert mcnemar_mid_p(wins, losses) == pytest.approx(expected)


@given(counts, counts, counts)
def test_a_win_rate_is_symmetric_and_its_interval_holds_it(wins: int, losses: int, ties: int) -> None:
    one, other = win_rate(wins, losses, ties), win_rate(losses, wins, ties)
    if not one.n:
        assert (one.rate, one.low, one.high, one.p) == (None, None, None, None)
        return
    assert one.rate is not None and one.low is not None and one.high is not None
    assert other.rate is not None and other.low is not None and other.high is not None
    assert (one.rate, one.low, one.high) == pytest.approx((1 - other.rate, 1 - other.high, 1 - other.low))
    assert 0 <= one.low <= one.rate <= one.high <= 1
    assert one.better() == -other.better()


def test_a_tie_is_half_a_win_and_is_counted_once() -> None:
    found = win_rate(6, 2, 4, both_good=3, both_bad=1)
    assert (found.n, found.decisive, found.rate) == (12, 8, pytest.approx(8 / 12))
    assert (found.both_good, found.both_bad, found.ties) == (3, 1, 4)
    assert win_rate(0, 0, 12).rate == 0.5
    assert win_rate(3, 1, 4).p == win_rate(3, 1, 400).p, "ties enter the rate and its interval, not the test"


def test_one_prompt_is_one_win_whatever_the_margin() -> None:
    found = win_rate_of([5, 3, 3, 1 / 3 + 1 / 3 + 1 / 3], [1, 2, 3, 1])
    assert (found.wins, found.ties, found.losses) == (2, 2, 0)


def test_six_wins_show_it_and_five_do_not() -> None:
    assert win_rate(6, 0).better() == 1
    assert win_rate(5, 0).better() == 0
    assert win_rate(0, 9, 3).better() == -1
    assert win_rate(6, 0, models=3).better(3 * (win_rate(6, 0).p or 0)) == 0
    assert too_few(win_rate(5, 0, 40), 0.15) is Reason.FEW


def test_many_ties_show_sameness() -> None:
    assert win_rate(2, 2, 60).same_within(0.15)
    assert not win_rate(20, 20).same_within(0.05)
    assert not win_rate(0, 0, 5).same_within(0.5)


@pytest.mark.parametrize(
    ("count", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)]
)
def test_wilsons_interval_by_published_values(count: int, n: int, low: float, high: float) -> None:
    # The last is Newcombe's example (1998, Statistics in Medicine 17, 857).
    found = share_of(count, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_a_share_counts_each_prompt_once() -> None:
    # Ten votes on one prompt say no more of other prompts than one does.
    votes = [("a", True)] * 10 + [("b", False), ("c", True)]
    found = share_by_prompt(votes)
    assert (found.n, found.share) == (3, pytest.approx(2 / 3))
    assert found == share_by_prompt(random.Random(1).sample(votes, len(votes)))
    assert share_by_prompt([]).share is None


def test_the_longer_answer_and_the_first_one() -> None:
    lengths = [("a", 200, 100), ("b", 100, 200), ("c", 300, 100), ("d", 100, 100)]
    assert (longer_share(lengths).n, longer_share(lengths).share) == (3, pytest.approx(2 / 3))
    positions = [("a", 1, 2), ("b", 1, 2), ("c", 2, 1), ("d", 1, 4)]
    assert (first_share(positions).n, first_share(positions).share) == (4, 0.75)
