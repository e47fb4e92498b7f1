"""Checks of the user's own on the text of an answer."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.sessions import request
from tests.support.some import some
from tui.core.answers.checks import CHECK_KEYS, checks_from
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import RequestState


def found(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def late(pattern: str, text: str) -> bool:
    raise TimeoutError


def passes(answer: str, **keys: Any) -> bool:
    (check,) = checks_from({"check": [{"name": "one", **keys}]}, found)
    return check.holds(answer)


def test_each_kind_of_check_passes_and_fails() -> None:
    assert passes("See [1] and [2].", contains=["[1]", "[2]"]) and not passes("See [1].", contains=["[1]", "[2]"])
    assert passes("Plain.", lacks="As an AI") and not passes("As an AI I", lacks="As an AI")
    assert passes("What RAG is", regex=r"\bRAG\b") and not passes("dRAGon", regex=r"\bRAG\b")
    assert passes("one two", min_words=2, max_words=2) and not passes("one", min_words=2)
    assert passes("abcd", min_chars=4, max_chars=4) and not passes("abcde", max_chars=4)
    assert passes('{"a": 1}', json=True) and passes('```json\n{"a": 1}\n```', json=True)
    assert not passes("Sure: {}", json=True) and passes("Sure: {}", json=False)
    assert not passes("[" * 100_000, json=True)


def test_all_keys_of_a_check_have_to_hold() -> None:
    assert passes("[1] brief", contains="[1]", max_words=5)
    assert not passes("[1] but not so brief as it was asked for", contains="[1]", max_words=5)


def test_a_check_of_a_prompt_or_tag_says_nothing_of_others_nor_of_what_does_not_count() -> None:
    of_prompt, of_tag = checks_from({"check": [
        {"name": "a", "min_words": 1, "prompt": "rag"}, {"name": "b", "min_words": 1, "tag": "easy"},
    ]}, found)  # fmt: skip
    rag, other = Prompt("What is RAG?", None, (), ("easy",), key="p1", id="rag"), Prompt("Why?", key="p2")
    assert (of_prompt.passes(request(), rag), of_prompt.passes(request(), other)) == (True, None)
    assert (of_tag.passes(request(), rag), of_tag.passes(request(), other)) == (True, None)
    assert of_tag.passes(request(state=RequestState.CUT), rag) is None


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"contains": "x"}, "`name` is missing"),
        ({"name": " ", "contains": "x"}, "`name` is empty"),
        ({"name": "a"}, "it checks nothing"),
        ({"name": "a", "contians": "x"}, "did you mean `contains`"),
        ({"name": "a", "regex": "("}, "`regex` is no pattern"),
        ({"name": "a", "regex": "(" * 600 + ")" * 600}, "`regex` has 1200 characters; 1000 are the most"),
        ({"name": "a", "regex": "(" * 499 + ")" * 499}, "`regex` is no pattern"),
        ({"name": "a", "max_words": "many"}, "`max_words` should be a whole number"),
        ({"name": "a", "json": 1}, "`json` should be true or false"),
        ("text", "it should be a table"),
    ],
)
def test_a_wrong_check_is_named_with_its_number(row: Any, says: str) -> None:
    with pytest.raises(ValueError, match=f"^check 1: .*{says.replace('`', '.').replace('(', '.')}"):
        checks_from({"check": [row]}, found)


@pytest.mark.parametrize(
    "data", [None, [], {}, {"check": {}}, {"check": []}, {"check": [{"name": "a", "json": True}] * 2}]
)
def test_a_file_without_checks_or_with_two_of_a_name_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"list of tables|two checks"):
        checks_from(data, found)


def test_a_pattern_that_runs_out_of_time_says_nothing_unless_something_else_fails() -> None:
    (check,) = checks_from({"check": [{"name": "a", "regex": "(a+)+$", "max_words": 1}]}, late)
    assert not check.holds("two words")
    with pytest.raises(TimeoutError):
        check.holds("one")


def test_each_key_has_an_example_that_is_right() -> None:
    for key, (right, _) in some(CHECK_KEYS.items()):
        assert checks_from({"check": [{"name": "a", "min_words": 1, key: right}]}, found)
