"""Rounds and raters become one value a prompt, and only prompts that both have are compared."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.report.statistics.paired import compare_paired
from tui.report.statistics.per_prompt import by_prompt, deviation, mean, medians_by_prompt, paired


def test_rounds_and_raters_are_averaged_and_times_have_their_median() -> None:
    values = [("p1", 1.0), ("p2", 4.0), ("p1", 3.0), ("p3", None), ("p1", 5.0)]
    assert by_prompt(values) == {"p1": 3, "p2": 4}
    assert medians_by_prompt([("p1", 100.0), ("p1", 9000.0), ("p1", 110.0)]) == {"p1": 110}


def test_prompts_of_one_side_alone_are_named_and_enter_nothing() -> None:
    both = paired({"b": 2, "a": 1, "x": 100}, {"a": 3, "b": 4, "y": -100, "z": 0})
    assert (both.prompts, both.a, both.b) == (("a", "b"), (1, 2), (3, 4))
    assert (both.only_a, both.only_b) == (("x",), ("y", "z"))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_mean_and_deviation_do_not_depend_on_the_order(values: list[float], order: random.Random) -> None:
    other = order.sample(values, len(values))
    assert (mean(values), deviation(values)) == (mean(other), deviation(other))


def test_the_deviation_of_thirds_that_are_all_alike_is_0() -> None:
    assert deviation([0.1 + 0.2, 0.3, 0.3]) == 0
    assert deviation([1, 2, 3, 4]) == pytest.approx(1.2909944487)


def test_a_session_that_is_split_in_two_says_the_same() -> None:
    draw = random.Random(3)
    rows = [(f"p{prompt}", draw.gauss(3, 1)) for prompt in range(9) for _ in range(3)]
    others = [(f"p{prompt}", draw.gauss(2, 1)) for prompt in range(9) for _ in range(3)]
    whole = paired(by_prompt(rows), by_prompt(others))
    # The second file holds the last round of some prompts, and all of others; it is read first.
    halves = paired(by_prompt(rows[14:] + rows[:14]), by_prompt(others[5:] + others[:5]))
    assert compare_paired(whole.a, whole.b) == compare_paired(halves.a, halves.b)
