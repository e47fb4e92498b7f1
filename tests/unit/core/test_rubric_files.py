"""What files say of criteria, in every shape they come in, and a sentence for everything that is wrong with one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.core.plans.plan_files import prompts_from
from tui.core.scoring.rubric import CRITERION_ID, MAX_SCALE, MIN_SCALE, Criterion, Rubric
from tui.core.scoring.rubric_files import KEYS, MAX_CRITERIA, RubricError, rubric_from

ACCURACY = {"id": "accuracy", "name": "Accuracy", "description": " 5: all right ", "weight": 2, "scale": 7}


@pytest.mark.parametrize(
    "data",
    [
        [ACCURACY, "style"],
        {"criteria": [ACCURACY, {"id": "style"}]},
        {"criteria": {"accuracy": {**ACCURACY, "id": "accuracy"}, "style": {}}},
        {"criteria": {"accuracy": {key: value for key, value in ACCURACY.items() if key != "id"}, "style": {}}},
    ],
)
def test_criteria_are_ids_or_tables_in_a_list_or_by_id(data: Any) -> None:
    assert rubric_from(data) == Rubric((Criterion("accuracy", "Accuracy", "5: all right", 2.0, 7), Criterion("style")))


CRITERIA = st.builds(
    Criterion,
    st.from_regex(CRITERION_ID, fullmatch=True),
    st.text(max_size=60).map(str.strip),
    st.text(max_size=200).map(str.strip),
    st.floats(0.001, 1000),
    st.integers(MIN_SCALE, MAX_SCALE),
)


@given(st.lists(CRITERIA, min_size=1, max_size=MAX_CRITERIA, unique_by=lambda one: one.id))
def test_every_rubric_comes_back_from_a_table_of_it(criteria: list[Criterion]) -> None:
    rubric = Rubric(tuple(criteria))
    again = rubric_from({"criteria": [asdict(one) for one in criteria]})
    assert again == rubric and again.hash == rubric.hash


@pytest.mark.parametrize(
    ("data", "says", "key"),
    [
        (None, "There should be a list of criteria", "criteria"),
        ("accuracy", "There should be a list of criteria", "criteria"),
        ([], "There should be a list of criteria", "criteria"),
        ({}, "There should be a list of criteria", "criteria"),
        ({"criterai": ["a"]}, "`criterai` is not a key of a rubric that is known; did you mean `cri", "criteria"),
        ({"name": "x"}, "`name` is not a key of a rubric that is known; known are criteria", "criteria"),
        ([f"c{number}" for number in range(13)], "There are 13 criteria; 12 are the most", "criteria"),
        (["a", 3], "Criterion 2: it should be text or a table", "criteria"),
        (["a", {}], "Criterion 2: `id` is missing", "id"),
        (["a", "b", "a"], "Criterion 3: `id` is `a` once more", "id"),
        (["two words"], "Criterion 1 (`two words`): `id` should be up to 32 letters", "id"),
        ([{"id": 3}], "Criterion 1: `id` should be text", "id"),
        ([{"id": "a", "wieght": 2}], "Criterion 1 (`a`): `wieght` is not a key of a criterion that is known; did you "
         "mean `weight`?", "weight"),
        ([{"id": "a", "xyz": 2}], "known are id, name, description, weight, scale", "id"),
        ([{"id": "a", "name": 2}], "`name` should be text", "name"),
        ([{"id": "a", "name": "n" * 61}], "`name` has 61 characters; 60 are the most", "name"),
        ([{"id": "a", "description": "n" * 2001}], "`description` has 2001 characters", "description"),
        ([{"id": "a", "weight": 0}], "`weight` should be a number above 0, and at most 1000", "weight"),
        ([{"id": "a", "weight": float("nan")}], "`weight` should be a number", "weight"),
        ([{"id": "a", "weight": "2"}], "`weight` should be a number", "weight"),
        ([{"id": "a", "scale": 10}], "`scale` should be a whole number from 2 to 9", "scale"),
        ([{"id": "a", "scale": 5.0}], "`scale` should be a whole number", "scale"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_a_sentence_with_the_criterion_the_key_and_what_would_be_right(
    data: Any, says: str, key: str
) -> None:
    with pytest.raises(RubricError) as caught:
        rubric_from(data)
    assert says in str(caught.value) and caught.value.key == key
    assert rubric_from(list(caught.value.right) if key == "criteria" else [{"id": "a", key: caught.value.right}])


def test_what_is_shown_as_right_is_right_for_every_key() -> None:
    for key in some(KEYS):
        assert rubric_from([{"id": "a", key.name: key.right}])


def test_a_set_of_prompts_may_bring_its_criteria() -> None:
    asked = {"prompts": ["one"], "criteria": ["accuracy"]}
    assert prompts_from(asked).rubric == Rubric((Criterion("accuracy"),))
    assert prompts_from(["one"]).rubric is prompts_from({"prompts": ["one"], "author": "me"}).rubric is None


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"prompts": ["one"], "criteria": []}, "There should be a list of criteria"),
        ({"prompts": ["one"], "criterion": ["accuracy"]}, "`criterion` is passed over; did you mean `criteria`?"),
        ({"prompts": ["one"], "criteria": [{"id": "a", "scale": 1}]}, "Criterion 1 (`a`): `scale` should be"),
    ],
)
def test_criteria_that_a_set_of_prompts_meant_to_bring_are_not_lost(asked: Any, says: str) -> None:
    with pytest.raises(RubricError) as caught:
        prompts_from(asked)
    assert says in str(caught.value)
