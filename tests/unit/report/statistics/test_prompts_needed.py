"""How many prompts a statement takes, and when one may stop."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.report.statistics.prompts_needed import (
    decisive_prompts_for,
    least_prompts,
    pairs_of,
    prompts_for,
    sign_test_power,
    stop_rule,
)


@pytest.mark.parametrize(("models", "least"), [(1, 6), (2, 6), (3, 7), (4, 8), (8, 11)])
def test_the_least_prompts_pass_holm_and_one_fewer_cannot(models: int, least: int) -> None:
    assert least_prompts(models) == least
    assert Fraction(2, 2**least) <= Fraction(1, 20) / pairs_of(models) < Fraction(2, 2 ** (least - 1))


@pytest.mark.parametrize(("sd", "prompts"), [(0.8, 23), (1.0, 34), (1.3, 55)])
def test_prompts_for_half_a_point(sd: float, prompts: int) -> None:
    assert prompts_for(0.5, sd) == prompts_for(-0.5, sd) == prompts


def test_no_number_shows_a_difference_of_0() -> None:
    with pytest.raises(ValueError):
        prompts_for(0, 1)
    for share in (0.5, 0.3, 1.0):
        with pytest.raises(ValueError):
            decisive_prompts_for(share)


@pytest.mark.parametrize(
    ("share", "prompts"), [(0.6, 210), (0.65, 97), (0.7, 54), (0.75, 35), (0.8, 23), (0.85, 17), (0.9, 12)]
)
def test_decisive_prompts_for_a_true_share(share: float, prompts: int) -> None:
    assert decisive_prompts_for(share) == prompts
    assert sign_test_power(prompts - 1, share) < 0.8
    assert all(sign_test_power(n, share) >= 0.8 for n in some(range(prompts, prompts + 60)))


def test_the_power_of_the_sign_test_is_an_exact_sum() -> None:
    n, share = 14, 0.7
    significant = [k for k in range(n + 1) if 2 * sum(comb(n, i) for i in range(max(k, n - k), n + 1)) / 2**n <= 0.05]
    assert significant == [0, 1, 2, 12, 13, 14]
    chances = (comb(n, k) * share**k * (1 - share) ** (n - k) for k in significant)
    assert sign_test_power(n, share) == pytest.approx(sum(chances))
    assert sign_test_power(5, 0.9) == 0


def test_needed_prompts_fall_with_the_share_across_the_approximation() -> None:
    needed = [decisive_prompts_for(percent / 100) for percent in range(51, 100)]
    assert needed[0] > 15_000 and needed[-1] >= 6
    assert all(one >= other for one, other in some(pairwise(needed)))


def test_all_wins() -> None:
    assert stop_rule(7, 0).e == pytest.approx(16)
    assert stop_rule(8, 0).e == pytest.approx(256 / 9)
    assert (stop_rule(7, 0).may_stop, stop_rule(8, 0).may_stop, stop_rule(0, 8).may_stop) == (False, True, True)
    assert stop_rule(9, 0, pairs=3).may_stop is False and stop_rule(9, 0, pairs=3).needed == 60
    assert stop_rule(10, 0, pairs=3).may_stop is True
    assert stop_rule(0, 0).e == pytest.approx(1)
    assert stop_rule(5000, 0).may_stop is True


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_bet_is_fair_at_every_step(wins: int, losses: int) -> None:
    """If both win equally often, the e-value's mean after the next prompt is what it is before it."""
    after = (stop_rule(wins + 1, losses).e + stop_rule(wins, losses + 1).e) / 2
    assert after == pytest.approx(stop_rule(wins, losses).e)
