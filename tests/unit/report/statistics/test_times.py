"""Times: ratios within a session, noise between sessions, and gates that must not cry wolf."""

from __future__ import annotations

import math
import random
from statistics import stdev

import pytest

from tests.support.some import some
from tui.report.statistics.distributions import t_quantile
from tui.report.statistics.times import (
    SessionNoise,
    compare_sessions,
    compare_times,
    session_noise,
)


def times(seed: int, slower: float = 1.0, n: int = 8, spread: float = 0.02) -> list[float]:
    draw = random.Random(seed)
    return [500 * (1 + i) * slower * math.exp(draw.gauss(0, spread)) for i in range(n)]


def test_a_ratio_and_its_interval_are_back_from_logarithms() -> None:
    base = [100.0, 200, 400, 800, 100, 200, 400]
    factors = [1.1, 1.2, 1.1, 1.2, 1.1, 1.2, 1.15]
    found = compare_times([t * f for t, f in zip(base, factors, strict=True)], base)
    logs = [math.log(f) for f in factors]
    middle, half = sum(logs) / 7, t_quantile(0.975, 6) * stdev(logs) / math.sqrt(7)
    assert (found.ratio, found.low, found.high) == pytest.approx(
        (math.exp(middle), math.exp(middle - half), math.exp(middle + half))
    )
    assert (found.longer(), found.separable, found.paired.wins) == (1, True, 7)
    other = compare_times(base, [t * f for t, f in zip(base, factors, strict=True)])
    assert other.ratio == pytest.approx(1 / (found.ratio or 0)) and other.longer() == -1


def test_twice_as_fast_counts_alike_on_short_and_long_prompts() -> None:
    found = compare_times([10, 10_000, 10, 10_000, 10, 10_000], [20, 20_000, 20, 20_000, 20, 20_000])
    assert (found.ratio, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert found.longer() == -1


def test_fewer_than_six_prompts_show_nothing() -> None:
    assert compare_times(times(1, 2.0, 5), times(2, 1.0, 5)).longer() == 0
    assert compare_times(times(1, 2.0, 6), times(2, 1.0, 6)).longer() == 1


def test_between_two_sessions_the_cause_cannot_be_separated_without_their_noise() -> None:
    found = compare_sessions(times(1, 1.3), times(2), None)
    assert found.ratio == pytest.approx(1.3, rel=0.05)
    assert (found.separable, found.longer(), found.same_within(0.05)) == (False, 0, False)
    assert (found.slower(), found.not_slower()) == (None, None)
    assert "within the two sessions" in found.method


def test_the_noise_of_sessions_widens_the_interval() -> None:
    a, b = times(1, 1.08), times(2)
    alone, noisy = compare_times(a, b), compare_sessions(a, b, SessionNoise(0.04, 6))
    assert (alone.longer(), noisy.longer()) == (1, 0)
    assert alone.error is not None and noisy.error is not None
    assert noisy.error**2 == pytest.approx(alone.error**2 + 2 * 0.04**2)
    assert noisy.df == 5
    assert noisy.high is not None and noisy.ratio is not None
    assert math.log(noisy.high / noisy.ratio) == pytest.approx(t_quantile(0.975, 5) * noisy.error)
    assert compare_sessions(times(1, 1.4), b, SessionNoise(0.04, 6)).longer() == 1


def test_noise_takes_four_sessions_and_prompts_that_all_have() -> None:
    sessions = [{"p1": 100 * math.exp(shift), "p2": 300 * math.exp(shift)} for shift in (0, 0.1, -0.1, 0.05)]
    assert session_noise(sessions[:3]) is None
    noise = session_noise(sessions)
    assert noise is not None
    assert (noise.sd, noise.sessions, noise.df) == (pytest.approx(stdev([0, 0.1, -0.1, 0.05])), 4, 3)
    # A prompt that one session alone has says nothing of the noise.
    assert session_noise([{**sessions[0], "p9": 1.0}, *sessions[1:]]) == noise
    assert session_noise([*sessions[1:], sessions[0]]) == noise
    assert session_noise([{"p1": 1.0}, {"p2": 1.0}, {"p1": 1.0}, {"p2": 1.0}]) is None


@pytest.mark.parametrize(
    ("slower", "regression", "fine"), [(1.0, False, True), (1.03, False, True), (1.08, True, False), (0.8, False, True)]
)
def test_a_regression_is_shown_and_large(slower: float, regression: bool, fine: bool) -> None:
    found = compare_times(times(1, slower, 12, 0.01), times(2, 1.0, 12, 0.01))
    assert (found.slower(0.05), found.not_slower(0.05)) == (regression, fine)


def test_a_small_slowdown_that_is_certain_is_no_regression() -> None:
    found = compare_times(times(1, 1.03, 12, 0.001), times(2, 1.0, 12, 0.001))
    assert found.longer() == 1 and found.slower(0.05) is False


def test_a_wide_interval_shows_neither_a_regression_nor_that_there_is_none() -> None:
    found = compare_times(times(1, 1.1, 6, 0.4), times(2, 1.0, 6, 0.4))
    assert (found.slower(), found.not_slower(), found.longer(), found.same_within()) == (False, False, 0, False)


def test_what_measured_nothing_has_no_regression() -> None:
    nothing = (compare_times([], []), compare_sessions([], [], SessionNoise(0.02, 5)), compare_times([1], [2]))
    for found in some(nothing):
        assert (found.slower(), found.not_slower(), found.longer(), found.same_within()) == (None, None, 0, False)


def test_the_same_within_five_per_cent_is_shown() -> None:
    close = compare_times(times(1, 1.01, 12, 0.01), times(2, 1.0, 12, 0.01))
    assert close.same_within(0.05) and not close.same_within(0.01)
    assert not compare_sessions(times(1, 1.01), times(2), SessionNoise(0.04, 5)).same_within(0.05)
