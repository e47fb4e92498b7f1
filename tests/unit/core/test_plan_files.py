"""What files say of prompts and of models, in every shape they come in."""

from __future__ import annotations

from typing import Any

import pytest

from tui.core.dict_reader import EntryError
from tui.core.plans.model_files import models_from
from tui.core.plans.plan_files import PROMPT_KEYS, prompts_from, prompts_of_lines
from tui.core.plans.prompt import Prompt
from tui.core.sessions.session_model import Overrides, Parameters


@pytest.mark.parametrize("where", [lambda rows: rows, lambda rows: {"prompts": rows}, lambda rows: {"prompt": rows}])
def test_prompts_are_texts_or_tables_by_themselves_or_under_a_name(where: Any) -> None:
    rows = ["one", {"user": "two", "system": "s", "facets": ["f"], "tags": ["t"], "id": 7}, {"question": "three"}]
    assert prompts_from(where(rows)).prompts == (
        Prompt("one"), Prompt("two", "s", ("f",), ("t",), id="7"), Prompt("three"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        ["phi", {"alias": "qwen", "seed": 3, "capabilities": ["chat"], "size_mb": 9}],
        {"phi": {}, "qwen": {"seed": 3}},
        {"models": {"phi": {"capabilities": []}, "qwen": {"seed": 3}}},
        {"model": [{"id": "phi"}, {"id": "qwen", "seed": 3}]},
    ],
)
def test_models_are_names_or_tables_in_a_list_or_by_name(data: Any) -> None:
    assert models_from(data) == (("phi", Overrides()), ("qwen", Overrides(seed=3)))


@pytest.mark.parametrize("data", [None, 3, "text", [], {}, {"prompts": []}, [[]], [None], [{"user": "a", "tags": "b"}]])
def test_what_is_no_list_of_prompts_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"it should|should be"):
        prompts_from(data)


def test_what_is_a_models_own_takes_the_place_of_the_plans_and_the_rest_stays() -> None:
    plan = Parameters(10, 0.5, 0.9, 1, (".",))
    assert Overrides().over(plan) == plan
    assert Overrides(system="s", temperature=0.0, stop=()).over(plan) == Parameters(10, 0.0, 0.9, 1, ())
    assert Overrides(system="", temperature=0.0).in_words() == "system '', temperature 0.0"


def test_a_prompts_messages_take_a_models_own_system_prompt_and_the_marker_comes_first() -> None:
    prompt = Prompt("Why?", "Be brief.", key="p1")
    system, user = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}
    assert prompt.messages() == [system, user]
    assert prompt.messages("") == [user]
    assert prompt.messages("Be odd.") == [system | {"content": "Be odd."}, user]
    assert prompt.messages(marker="1f") == [system | {"content": "[1f] Be brief."}, user]
    assert prompt.messages("", "1f") == [user | {"content": "[1f] Why?"}]


def test_a_prompt_may_have_a_name_and_an_answer_that_would_be_right_and_a_file_values_of_its_variables() -> None:
    rows = [{"prompt": "Why {x}?", "id": "why", "expected": "So."}, {"text": "How?", "expected": ["slowly"]}]
    found = prompts_from({"prompts": rows, "variables": {"x": "bits"}, "author": "somebody"})
    assert found.prompts == (Prompt("Why {x}?", id="why", expected="So."), Prompt("How?", facets=("slowly",)))
    assert found.variables == (("x", "bits"),)


@pytest.mark.parametrize(
    ("rows", "says", "key"),
    [
        (["a", {"id": "rag", "system": "s"}], "Prompt 2 (`rag`): `user` is missing", "user"),
        ([{"question": " "}], "Prompt 1: `question` is empty", "question"),
        (["a", 3], "Prompt 2: it should be text or a table", "user"),
        ([{"user": "a", "sytem": "b"}], "Prompt 1: `sytem` is passed over; did you mean `system`?", "system"),
        ([{"user": "a", "facets": "b"}], "Prompt 1: `facets` should be a list", "facets"),
        ([{"user": "a", "expected": 3}], "Prompt 1: `expected` should be text", "expected"),
        ([{"user": "a", "id": []}], "Prompt 1: `id` should be text", "id"),
    ],
)
def test_a_mistake_is_named_by_its_entry_and_its_key(rows: Any, says: str, key: str) -> None:
    with pytest.raises(EntryError) as caught:
        prompts_from(rows)
    assert (str(caught.value), caught.value.key) == (says, key)


@pytest.mark.parametrize("key", list(PROMPT_KEYS))
def test_what_is_shown_as_right_is_right(key: str) -> None:
    question = {} if key in ("user", "prompt", "question", "text") else {"user": "Why?"}
    assert len(prompts_from([question | {key: PROMPT_KEYS[key]}]).prompts) == 1


def test_a_plain_text_has_a_prompt_in_each_line_that_is_not_empty() -> None:
    assert prompts_of_lines("\n One? \r\n\n# two\n").prompts == (Prompt("One?"), Prompt("# two"))
    with pytest.raises(ValueError, match="a prompt in each line"):
        prompts_of_lines(" \n")
