"""The distributions against values that are known exactly; against scipy in `test_references.py`."""

from __future__ import annotations

from fractions import Fraction
from math import atan, comb, inf, isclose, pi, sqrt, tan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.report.statistics.distributions import (
    binomial_mass,
    binomial_tail,
    incomplete_beta,
    t_cdf,
    t_quantile,
    t_two_sided,
    z_quantile,
)


@given(st.floats(-50, 50))
def test_t_with_one_and_two_degrees_of_freedom_has_closed_forms(t: float) -> None:
    assert t_cdf(t, 2) == pytest.approx(0.5 + t / (2 * sqrt(2 + t * t)), abs=1e-13)
    share = t_cdf(t, 1)
    assert tan(pi * (share - 0.5)) == pytest.approx(t, rel=1e-9, abs=1e-9)


@given(st.floats(0.0001, 0.9999), st.integers(1, 200))
def test_the_quantile_is_the_inverse(probability: float, df: int) -> None:
    assert t_cdf(t_quantile(probability, df), df) == pytest.approx(probability, abs=1e-12)


def test_quantiles_of_the_tables() -> None:
    known = ((0.975, 1, 12.7062047364), (0.975, 5, 2.5705818356), (0.975, 29, 2.0452296421), (0.95, 9, 1.8331129327))
    for probability, df, value in some(known):
        assert t_quantile(probability, df) == pytest.approx(value, abs=1e-9)
    assert z_quantile(0.975) == pytest.approx(1.959963984540054, abs=1e-12)
    assert t_quantile(0.5, 3) == 0


def test_the_ends_of_t() -> None:
    assert (t_cdf(inf, 4), t_cdf(-inf, 4), t_cdf(0, 4)) == (1, 0, 0.5)
    # Close to 0, scipy 1.17 is off by 2e-9 here.
    assert t_cdf(-1e-8, 1) == pytest.approx(0.5 + atan(-1e-8) / pi, abs=1e-16)
    assert t_two_sided(0, 4) == 1
    assert t_two_sided(-3, 4) == t_two_sided(3, 4)
    # A tail keeps its digits however far out it is: with 2 degrees of freedom it is 1 / (2t²) there.
    assert t_two_sided(1e6, 2) == pytest.approx(1e-12, rel=1e-9)


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from([Fraction(1, 2), Fraction(1, 10), Fraction(19, 20)]))
def test_binomial_chances_are_those_of_whole_numbers(count: int, n: int, share: Fraction) -> None:
    chances = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    assert binomial_tail(count, n, float(share)) == pytest.approx(float(sum(chances[count:])), rel=1e-11, abs=1e-15)
    if count <= n:
        assert isclose(binomial_mass(count, n, float(share)), float(chances[count]), rel_tol=1e-11)


@given(st.floats(0.5, 80), st.floats(0.5, 80), st.integers(0, 4096))
def test_the_incomplete_beta_is_symmetric_and_a_share(a: float, b: float, part: int) -> None:
    x = part / 4096  # what is left of 1 is exact, too
    share = incomplete_beta(a, b, x)
    assert 0 <= share <= 1
    assert share + incomplete_beta(b, a, 1 - x) == pytest.approx(1, abs=1e-10)
