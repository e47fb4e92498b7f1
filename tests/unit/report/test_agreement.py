"""How far raters agree: Krippendorff's own example, hand-made cases, and what must change nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.some import some
from tui.report.agreement import Agreement, Level, NoAlpha, Rating, agreement, flip_rate

EXAMPLE = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)
"""Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", example C: four observers, twelve units."""


def ratings(rows: Sequence[Sequence[float | None]]) -> list[Rating]:
    """A row a rater, a column a prompt with one answer."""
    return [
        Rating(f"p{column:02}", "a", f"r{row}", value)
        for row, given in enumerate(rows)
        for column, value in enumerate(given)
        if value is not None
    ]


def pairs(*given: tuple[float, float]) -> Agreement:
    one, other = zip(*given, strict=True)
    return agreement(ratings((one, other)))


@pytest.mark.parametrize(
    ("level", "alpha"), [(Level.NOMINAL, 0.7434), (Level.ORDINAL, 0.8154), (Level.INTERVAL, 0.8491)]
)
def test_alpha_is_that_of_its_author(level: Level, alpha: float) -> None:
    found = agreement(ratings(EXAMPLE), level=level)
    assert found.alpha == pytest.approx(alpha, abs=5e-5)
    assert (found.answers, found.ratings, len(found.raters)) == (11, 40, 4), "a unit with one rating says nothing"
    assert found.low is not None and found.high is not None
    assert found.low < alpha < found.high <= 1


def test_full_agreement_is_1_and_chance_is_about_0() -> None:
    assert pairs(*[(value, value) for value in (1, 2, 3, 4, 5) * 4]).alpha == 1
    draw = random.Random(1)
    assert pairs(*[(draw.randint(1, 5), draw.randint(1, 5)) for _ in range(400)]).alpha == pytest.approx(0, abs=0.12)
    assert (pairs(*[(1, 5), (5, 1)] * 8).alpha or 0) < -0.9


def test_ordinal_alpha_depends_on_order_alone() -> None:
    draw = random.Random(2)
    given = [(draw.randint(1, 5), draw.randint(1, 5)) for _ in range(30)]
    stretched = {1: -7.0, 2: 0.0, 3: 1.5, 4: 90.0, 5: 91.0}
    assert pairs(*given).alpha == pytest.approx(pairs(*[(stretched[a], stretched[b]) for a, b in given]).alpha)


def test_exact_and_near_agreement_base_rate_and_severity() -> None:
    found = pairs((3, 3), (4, 4), (3, 4), (2, 4), *[(3, 3)] * 6)
    assert (found.exact, found.within_one) == (pytest.approx(0.8), pytest.approx(0.9))
    assert dict(found.shares) == pytest.approx({2: 0.05, 3: 0.75, 4: 0.2})
    assert found.base_rate == pytest.approx(0.75)
    assert dict(found.severity) == pytest.approx({"r0": -0.3, "r1": 0.3})


def test_an_answer_with_many_raters_counts_once_for_agreement() -> None:
    crowd = [Rating("p0", "a", f"r{k}", 1 + (k == 0)) for k in range(6)]
    found = agreement(crowd + [Rating("p1", "a", f"r{k}", 2) for k in range(2)])
    assert found.exact == pytest.approx((10 / 15 + 1) / 2)


def test_one_value_has_agreement_and_base_rate_but_no_alpha() -> None:
    found = pairs(*[(4, 4)] * 20)
    assert (found.alpha, found.no_alpha, found.kappa) == (None, NoAlpha.ONE_VALUE, None)
    assert (found.exact, found.base_rate, found.resamples) == (1, 1, 0)


def test_fewer_than_ten_shared_prompts_have_none() -> None:
    nine, ten = ([(k % 5 + 1, k % 4 + 1) for k in range(n)] for n in (9, 10))
    assert (pairs(*nine).alpha, pairs(*nine).no_alpha) == (None, NoAlpha.FEW)
    assert pairs(*ten).alpha is not None
    # Many answers to few prompts are no more prompts.
    many = [Rating(f"p{i % 3}", f"a{i}", f"r{k}", (i + k) % 5) for i in range(40) for k in range(2)]
    assert agreement(many).no_alpha is NoAlpha.FEW
    assert pairs(*nine).exact is not None


def test_nobody_rated_what_another_did() -> None:
    found = agreement([Rating("p1", "a", "r1", 3), Rating("p2", "a", "r2", 3)])
    assert (found.no_alpha, found.answers, found.exact, found.base_rate) == (NoAlpha.NO_PAIRS, 0, None, None)


def test_a_judge_is_unproven_below_thirty_shared_answers() -> None:
    assert not pairs(*[(1, 2), (2, 2)] * 14, (3, 3)).proven
    assert pairs(*[(1, 2), (2, 2)] * 15).proven


def test_kappa_is_that_of_two_raters() -> None:
    # By hand: 20 of 25 agree on 0 or 1, margins 15/10 and 14/11; weights do not matter for two values.
    given = [(0, 0)] * 12 + [(1, 1)] * 8 + [(0, 1)] * 3 + [(1, 0)] * 2
    by_chance = (15 * 14 + 10 * 11) / 625
    assert pairs(*given).kappa == pytest.approx((20 / 25 - by_chance) / (1 - by_chance))
    assert agreement(ratings(EXAMPLE)).kappa is None


def test_neither_order_nor_names_change_a_number() -> None:
    draw = random.Random(3)
    every = [Rating(f"p{i % 12}", f"a{i}", f"r{k}", draw.randint(1, 5)) for i in range(30) for k in range(3)]
    given = draw.sample(every, 70)
    found = agreement(given)
    assert agreement(draw.sample(given, len(given))) == found
    named = agreement([replace(each, rater={"r0": "z", "r1": "y", "r2": "x"}[each.rater]) for each in given])
    assert (named.alpha, named.low, named.high) == pytest.approx((found.alpha, found.low, found.high))
    assert [value for _, value in named.severity] == [value for _, value in reversed(found.severity)]


def test_resamples_of_one_value_alone_are_counted() -> None:
    found = pairs(*[(1, 1)] * 11, (1, 5))
    assert 500 < found.degenerate < 1000, "a third of the resamples of 12 prompts misses the one that differs"
    assert found.low is not None


def test_ratings_of_one_rater_and_answer_count_as_their_mean_in_any_order() -> None:
    twice = [Rating(f"p{i}", "a", "r1", value) for i in range(12) for value in (i % 4, i % 4 + 2)]
    others = [Rating(f"p{i}", "a", "r2", i % 4 + 1) for i in range(12)]
    for order in some((twice + others, others + twice[::-1])):
        assert agreement(order).alpha == 1


def test_how_often_a_judge_changes_its_mind() -> None:
    found = flip_rate([("p1", 1, 1), ("p2", 1, -1), ("p3", 0, 0), ("p4", -1, 0)])
    assert (found.n, found.share) == (4, 0.5)
