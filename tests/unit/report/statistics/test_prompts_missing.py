"""How many more prompts it takes if they come out as those before: by trying it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.report.statistics.paired import EXACT_UP_TO, compare_paired
from tui.report.statistics.prompts_missing import missing_decisive, missing_of_differences, missing_of_votes
from tui.report.statistics.prompts_needed import least_prompts, pairs_of
from tui.report.statistics.shares import win_rate_of

POINTS, RATE = 0.5, 0.15


def shown(differences: Sequence[float], models: int) -> bool:
    """Whether one is better, or both are the same, with the p of the strictest pair."""
    found = compare_paired(differences, [0.0] * len(differences), models=models)
    return found.better((found.p or 0.0) * pairs_of(models)) != 0 or found.same_within(POINTS)


def shown_by_votes(differences: Sequence[float], models: int) -> bool:
    found = win_rate_of(differences, [0.0] * len(differences), models=models)
    return found.better((found.p or 0.0) * pairs_of(models)) != 0 or found.same_within(RATE)


def decisive(differences: Sequence[float]) -> int:
    return sum(each != 0 for each in differences)


def with_more(differences: Sequence[float], more: int) -> list[float]:
    return list(islice(cycle(differences), len(differences) + more))


def tried(differences: Sequence[float], models: int, is_shown: Callable[[Sequence[float], int], bool]) -> int:
    """The same number, found by making each longer list of prompts and judging it."""
    return next(more for more in range(1, 1000) if is_shown(with_more(differences, more), models))


@pytest.mark.parametrize("models", [2, 3, 4])
@pytest.mark.parametrize("prompts", range(1, 6))
def test_where_all_are_equal_it_takes_the_least_number_that_shows_sameness(prompts: int, models: int) -> None:
    equal = [0.0] * prompts
    assert missing_of_differences(equal, POINTS, models) == tried(equal, models, shown) == 4 + models - prompts
    assert missing_of_votes(equal, RATE, models) == tried(equal, models, shown_by_votes)


@pytest.mark.parametrize("models", [2, 8, 100])
def test_where_one_is_always_ahead_by_as_much_it_takes_the_least_number_too(models: int) -> None:
    for prompts in (1, 2, 5):
        assert missing_of_differences([1.0] * prompts, POINTS, models) == least_prompts(models) - prompts


def test_one_more_of_five_equal_prompts_shows_it() -> None:
    assert (missing_of_differences([0.0] * 5, POINTS), missing_of_votes([0.0] * 5, RATE)) == (1, 1)
    assert (missing_of_differences([], POINTS), missing_of_votes([], RATE), missing_decisive([])) == (6, 6, 6)


@given(st.lists(st.sampled_from([0.0, 0.0, 0.5, 1.0, -1.0, 2.0]), min_size=1, max_size=8), st.sampled_from([2, 3]))
def test_few_more_are_just_as_many_as_trying_shows(differences: list[float], models: int) -> None:
    more = missing_of_differences(differences, POINTS, models)
    tries = [
        each for each in range(1, more + 1) if decisive(with_more(differences, each)) <= EXACT_UP_TO and each <= 40
    ]
    assert [shown(with_more(differences, each), models) for each in tries] == [each == more for each in tries]


@given(st.lists(st.sampled_from([0.0, 1.0, 1.0, -1.0]), min_size=1, max_size=12), st.sampled_from([2, 3]))
def test_votes_are_continued_too(differences: list[float], models: int) -> None:
    more, by_trying = missing_of_votes(differences, RATE, models), tried(differences, models, shown_by_votes)
    if by_trying <= 40:
        assert more == by_trying
    else:
        times = 1 + more / len(differences)
        assert more > 40
        assert shown_by_votes(differences * round(1.1 * times + 1), models)
        assert not shown_by_votes(differences * int(0.8 * times), models)


def test_many_more_are_about_as_many_as_trying_shows() -> None:
    draw = random.Random(3)
    for mean, spread in ((0.3, 1.5), (0.6, 3.0), (0.0, 2.0), (1.0, 4.0)):
        differences = [draw.gauss(mean, spread) for _ in range(9)]
        more = missing_of_differences(differences, POINTS)
        times = 1 + more / len(differences)
        assert more > 3
        assert shown(differences * round(1.1 * times + 1), 2)
        assert not any(shown(differences * int(part * times), 2) for part in some((0.4, 0.6, 0.8)))


def test_between_sessions_only_prompts_on_which_they_differ_are_counted() -> None:
    assert missing_decisive([1.0, 1.0]) == 4
    assert missing_decisive([0.0, 1.0, 0.0]) == 14, "1 of the next 2, then 4 of 12"
    assert missing_decisive([0.0] * 4, models=3) == 3
