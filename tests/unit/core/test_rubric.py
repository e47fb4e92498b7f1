"""What answers are scored for: criteria in an order, told apart by their ids, with a hash of their content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.core.scoring.rubric import DEFAULT_RUBRIC, Criterion, Rubric

ACCURACY = Criterion("accuracy", "Accuracy", "5: nothing in it is wrong", weight=2.0)
STYLE = Criterion("style", scale=3)
BOTH = Rubric((ACCURACY, STYLE))


def test_criteria_stand_in_their_order_and_are_found_by_id() -> None:
    assert BOTH.ids == ("accuracy", "style") and [one.title for one in BOTH] == ["Accuracy", "style"]
    assert BOTH.get("style") is STYLE and BOTH.get("tone") is None


def test_without_a_rubric_there_is_one_criterion() -> None:
    (only,) = DEFAULT_RUBRIC
    assert (only.id, only.title, only.weight, only.scale) == ("overall", "overall", 1.0, 5)


def test_a_rubric_has_criteria_and_each_of_them_once() -> None:
    with pytest.raises(ValueError, match="a rubric should have a criterion"):
        Rubric(())
    with pytest.raises(ValueError, match="the criterion `style` occurs twice"):
        Rubric((STYLE, ACCURACY, replace(STYLE, scale=5)))


@pytest.mark.parametrize(
    "other",
    [
        Rubric((STYLE, ACCURACY)),
        Rubric((ACCURACY,)),
        Rubric((replace(ACCURACY, id="truth"), STYLE)),
        Rubric((replace(ACCURACY, name="Truth"), STYLE)),
        Rubric((replace(ACCURACY, description="5: true"), STYLE)),
        Rubric((replace(ACCURACY, weight=1.5), STYLE)),
        Rubric((replace(ACCURACY, scale=4), STYLE)),
    ],
)
def test_the_hash_differs_with_everything_in_it(other: Rubric) -> None:
    assert other.hash != BOTH.hash


def test_the_same_content_has_the_same_hash_however_it_was_written() -> None:
    assert Rubric((replace(ACCURACY, weight=2), STYLE)).hash == BOTH.hash
    assert len(BOTH.hash) == 16 and BOTH.hash == Rubric((replace(ACCURACY), STYLE)).hash
    # Files hold it: it may not change from one version to the next.
    assert DEFAULT_RUBRIC.hash == "8425958e070880b8"
