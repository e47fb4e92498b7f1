"""Failures read as prose, prompts as they are sent."""

from __future__ import annotations

import pytest

from tui.core.errors import BadInputError, CompareError, NoHostError
from tui.core.plans.prompt import Prompt


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (CompareError("It broke"), "It broke."),
        (
            NoHostError("No answer.", "Port 80 is closed", "Start the host!"),
            "No answer. Port 80 is closed. Start the host!",
        ),
        (BadInputError("Which model?", "", "Name one"), "Which model? Name one."),
        (
            NoHostError("Nobody answers", "Connection refused", "Is it up?"),
            "Nobody answers. Connection refused. Is it up?",
        ),
        (NoHostError("It said", " a long story… \n", "  "), "It said. a long story…"),
    ],
)
def test_an_error_reads_as_prose(error: CompareError, sentence: str) -> None:
    assert error.sentence() == sentence
    assert str(error) == error.title


def test_a_prompt_is_sent_word_for_word() -> None:
    assert Prompt(" Why? \n", key="p1").messages() == [{"role": "user", "content": " Why? \n"}]
    assert Prompt("Why?", "Be brief.", key="p1").messages() == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Why?"},
    ]
    assert Prompt("Why?", "", key="p1").messages() == [{"role": "user", "content": "Why?"}]
