"""Two models on the same prompts: golden cases, brute force, and what must change nothing."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.report.statistics.paired import PairedComparison, compare_paired, holm, sign_flip_p
from tui.report.statistics.too_few import Reason, too_few

values = st.lists(st.integers(-8, 8).map(lambda eighths: eighths / 8), min_size=1, max_size=9)


def differences(*apart: float, models: int = 2) -> PairedComparison:
    """A comparison of models that differ by this much on each prompt."""
    return compare_paired([3 + each for each in apart], [3.0] * len(apart), models=models)


@given(values)
def test_all_patterns_of_signs_are_counted(apart: list[float]) -> None:
    observed = abs(sum(apart))
    patterns = list(product((1, -1), repeat=len(apart)))
    sums = [sum(sign * each for sign, each in zip(signs, apart, strict=True)) for signs in patterns]
    as_far = sum(abs(each) >= observed for each in sums)
    assert sign_flip_p(apart) == pytest.approx(as_far / len(patterns))


@given(values, st.randoms(use_true_random=False))
def test_neither_order_nor_names_nor_which_is_first_changes_p(apart: list[float], order: random.Random) -> None:
    assert sign_flip_p(order.sample(apart, len(apart))) == sign_flip_p(apart)
    assert sign_flip_p([-each for each in apart]) == sign_flip_p(apart)


def test_the_same_holds_where_patterns_are_drawn() -> None:
    draw = random.Random(4)
    apart = [draw.gauss(0.3, 1) for _ in range(40)]
    p = sign_flip_p(apart)
    assert sign_flip_p(apart[::-1]) == p == sign_flip_p([-each for each in apart])
    assert sign_flip_p(apart, seed=7) == pytest.approx(p, abs=0.02)
    assert sign_flip_p([1.0] * 400) == 1 / 10_000, "never 0"


def test_drawn_patterns_are_near_all_patterns() -> None:
    draw = random.Random(5)
    for shift in (0.2, 0.5, 0.8):
        apart = [draw.gauss(shift, 1) for _ in range(17)]
        sums = [0.0]
        for each in apart:
            sums = [known + way * each for known in sums for way in (1, -1)]
        exact = sum(abs(total) >= abs(sum(apart)) - 1e-9 for total in sums) / len(sums)
        assert sign_flip_p(apart) == pytest.approx(exact, abs=0.015)


def test_a_golden_interval() -> None:
    # Student's own data: extra sleep by two drugs. R: t.test(…, paired = TRUE) gives p .00283 and [-2.46, -0.70].
    one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = compare_paired(one, two)
    assert (found.n, found.wins, found.ties, found.losses) == (10, 0, 1, 9)
    assert found.effect == pytest.approx(-1.58)
    assert (found.low, found.high) == (pytest.approx(-2.4598858, abs=1e-7), pytest.approx(-0.7001142, abs=1e-7))
    assert found.p == 2 / 2**9
    assert found.better() == -1


def test_it_takes_six_prompts_to_show_a_difference() -> None:
    five, six = differences(1, 1, 2, 1, 1), differences(1, 1, 2, 1, 1, 1)
    assert (five.p, six.p) == (0.0625, 0.03125)
    assert five.excludes_zero and six.excludes_zero
    assert (five.better(), six.better()) == (0, 1)
    assert too_few(five, 0.5) is Reason.FEW


@pytest.mark.parametrize(("models", "least"), [(2, 6), (3, 7), (4, 8), (8, 11)])
def test_with_several_models_it_takes_as_many_as_holm_can_pass(models: int, least: int) -> None:
    pairs = models * (models - 1) // 2
    for n in (least - 1, least):
        clear = differences(*[1.0, 1.5] * (n // 2), *[1.25] * (n % 2), models=models)
        adjusted = holm([clear.p or 0.0] + [1.0] * (pairs - 1))[0]
        assert (clear.better(adjusted), clear.least_n) == (int(n == least), least)
        assert (too_few(clear, 5) is None) is (n == least)


def test_ties_do_not_count_as_prompts_that_decide() -> None:
    found = differences(1, 1, 1, 1, 1, 0, 0, 0, 0)
    assert (found.n, found.decisive, found.ties) == (9, 5, 4)
    assert found.better() == 0
    assert too_few(found, 0.5) is Reason.FEW


def test_better_takes_the_interval_and_p() -> None:
    # One prompt weighs as much as all others: the interval holds 0, whatever p says.
    heavy = differences(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 9)
    assert heavy.p is not None and heavy.p < 0.05
    assert not heavy.excludes_zero
    assert heavy.better() == 0
    clear = differences(1, 2, 1, 2, 1, 2, 1)
    assert (clear.better(), clear.better(0.06)) == (1, 0)


def test_sameness_is_shown_and_not_taken_from_silence() -> None:
    alike = differences(*[0.1, -0.1] * 10)
    assert alike.better() == 0
    assert alike.same_within(0.5)
    assert not alike.same_within(0.02)
    wide = differences(2, -2, 2, -2, 2, -2, 2)
    assert not wide.same_within(0.5)
    assert differences(0, 0, 0, 0, 0, 0).same_within(0.5)
    assert not differences(0, 0, 0, 0, 0).same_within(0.5), "five prompts show nothing, sameness included"
    assert not differences(*[0.5] * 9).same_within(0.5)


def test_the_two_one_sided_tests_are_the_interval_of_90_per_cent() -> None:
    draw = random.Random(8)
    found = differences(*[draw.gauss(0.1, 1) for _ in range(12)])
    assert found.effect is not None and found.sd is not None
    reach = abs(found.effect) + 1.7958848187 * found.sd / 12**0.5
    assert found.same_within(reach * 1.0001)
    assert not found.same_within(reach * 0.9999)


def test_nothing_and_one_prompt() -> None:
    none, one = compare_paired([], []), compare_paired([4], [3])
    assert (none.n, none.effect, none.low, none.p) == (0, None, None, None)
    assert none.better() == 0 and not none.same_within(1)
    assert (one.n, one.effect, one.low, one.high, one.sd, one.p) == (1, 1, None, None, None, 1)
    assert (too_few(none, 0.5), too_few(one, 0.5)) == (Reason.NONE, Reason.FEW)
    with pytest.raises(ValueError):
        compare_paired([1], [1, 2])


def test_too_wide_an_interval_is_too_few() -> None:
    draw = random.Random(2)
    found = differences(*[draw.gauss(0, 3) for _ in range(10)])
    assert too_few(found, 0.5) is Reason.WIDE
    assert too_few(found, 5) is None


def test_pooled_rounds_would_say_something_else() -> None:
    """The rounds of a prompt resemble each other: counted as prompts they show what prompts do not."""
    apart = [1.0, 1.1, 0.9, 0.8, -0.6]
    pooled = differences(*[each + wobble for each in apart for wobble in (-0.1, 0, 0.1)])
    assert pooled.better() == 1
    assert differences(*apart).better() == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_step_down_procedure(ps: list[float]) -> None:
    adjusted = holm(ps)
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    rejected = set()
    for rank, place in enumerate(order):
        if ps[place] > 0.05 / (len(ps) - rank):
            break
        rejected.add(place)
    for place in some(range(len(ps))):
        near = any(abs(ps[each] * (len(ps) - rank) - 0.05) < 1e-12 for rank, each in enumerate(order))
        assert near or (adjusted[place] <= 0.05) is (place in rejected)
        assert ps[place] <= adjusted[place] <= 1


def test_a_golden_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
