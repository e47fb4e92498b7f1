"""One metric over many runs: the interval of the median by order statistics, and bounds of the 95th percentile."""

from __future__ import annotations

from math import comb

import pytest

from tests.support.some import some
from tui.report.statistics.sample import INTERVAL_FROM, P95_FROM, stat_of


@pytest.mark.parametrize("n", [6, 7, 8, 9, 12, 17, 30, 101, 102, 1_000, 3_001])
def test_the_interval_of_the_median_is_the_narrowest_that_holds_enough(n: int) -> None:
    stat = stat_of(range(n))
    assert stat.low is not None and stat.high is not None
    left_out = int(stat.low)
    assert stat.high == n - 1 - left_out

    def outside(place: int) -> float:
        return 2 * sum(comb(n, k) for k in range(place + 1)) / 2**n

    assert outside(left_out) <= 0.05 < outside(left_out + 1)


def test_of_five_runs_even_the_whole_range_holds_too_little() -> None:
    assert INTERVAL_FROM == 6 and 2 / 2**5 > 0.05
    assert stat_of(range(5)).low is None


def test_below_twenty_runs_there_is_a_maximum_and_no_p95() -> None:
    few = stat_of(range(P95_FROM - 1))
    assert (few.p95, few.maximum, few.n) == (None, 18, 19)
    assert stat_of(range(P95_FROM)).p95 == pytest.approx(18.05)


def test_a_bound_of_the_p95_takes_59_runs() -> None:
    assert stat_of(range(58)).p95_high is None
    assert stat_of(range(59)).p95_high == 58
    for n in some((100, 200)):
        bound = stat_of(range(n)).p95_high
        assert bound is not None and bound < n - 1
        below = sum(comb(n, k) * 0.95**k * 0.05 ** (n - k) for k in range(int(bound) + 1, n + 1))
        assert below <= 0.05
