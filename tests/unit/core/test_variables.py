"""Variables of prompts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.core.plans.prompt import Prompt
from tui.core.plans.variables import filled, variables_in


def test_every_text_of_a_prompt_may_have_variables_and_each_is_named_once() -> None:
    prompt = Prompt("What is {topic}?", "Answer in {language}.", ("{topic}", "{größe-2}"), ("{tag}",), expected="{end}")
    assert variables_in([prompt, Prompt("Why {topic}?")]) == ["topic", "language", "größe-2", "end"]
    values = {"topic": "RAG", "language": "{topic}", "größe-2": "two", "end": "Yes."}
    assert filled(prompt, values) == Prompt(
        "What is RAG?", "Answer in {topic}.", ("RAG", "two"), ("{tag}",), expected="Yes."
    )
    assert filled(prompt, {"language": "Hindi"}).user == prompt.user, "one without a value stays as it stands"


@pytest.mark.parametrize("text", ['{"a": 1}', "{}", "{0}", "{{topic}}", "{two words}", "f(x) { return x; }", "{a.b}"])
def test_braces_of_code_and_of_json_are_no_variables(text: str) -> None:
    assert variables_in([Prompt(text)]) == []
    assert filled(Prompt(text), {"topic": "x", "a": "x"}).user == text


@given(st.text(), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
def test_a_text_without_variables_is_never_changed(text: str, values: dict[str, str]) -> None:
    prompt = Prompt(text, text)
    if not set(variables_in([prompt])) & values.keys():
        assert filled(prompt, values) == prompt
