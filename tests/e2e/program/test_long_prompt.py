"""A prompt of 100 kB, put to the real embedded runtime: its sentence is for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.conftest import why_no_runtime
from tests.support.program import call


def test_a_prompt_longer_than_the_context_is_told_as_that(tmp_path: Path) -> None:
    if why_no_runtime():
        pytest.skip(why_no_runtime())
    prompt = b"Why do people store the weights with fewer bits? " * 2100
    run = ("run", "--host", "demo", "-m", "demo-small", "-p", "-", "--no-save", "--json")
    done = call(*run, cwd=tmp_path, stdin=prompt)
    assert done.code == 5
    (told,) = done.json["runs"]
    assert (told["state"], told["answer"]) == ("failed", "")
    message, hint = told["error"]["message"], told["error"]["hint"]
    assert message.startswith("The prompt is too long for the model. The host reports: request requires ")
    assert "maximum context length of 4096 tokens." in message
    assert hint.startswith("Shorten the prompt, ")
    for raw in (".cc:", "fl::", "int64_t", "What arrived is kept"):
        assert raw not in message + hint
