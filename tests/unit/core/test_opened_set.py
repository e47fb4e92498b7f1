"""Where one stands in a set of prompts, and what of it is left."""

from __future__ import annotations

from tests.support.sessions import request
from tui.core.plans.opened_set import asked_prompts, is_same, opened, variables_of
from tui.core.plans.prompt import Prompt, PromptSet
from tui.core.requests.request import RequestState

FOUND = PromptSet((Prompt("What is {x}?", id="a"), Prompt("{y}?", "Be brief.")), variables=(("x", "RAG"),))


def test_a_set_is_opened_with_the_values_that_were_given() -> None:
    assert variables_of(FOUND) == ["y", "x"], "what the file has a value for is asked last"
    one = opened("workshop", FOUND, {"x": "BM25", "y": ""})
    assert [prompt.user for prompt in one.prompts] == ["What is BM25?", "{y}?"]
    assert one.at(1).current.user == "{y}?"


def test_what_was_put_to_a_model_is_not_left_whatever_system_prompt_it_was_given() -> None:
    one = opened("workshop", FOUND, {})
    asked = Prompt("What is {x}?", "Be kind.", id="a", key="p1")
    assert one.left([]) == list(one.prompts)
    assert one.left([asked]) == [one.prompts[1]]
    assert not is_same(one.prompts[1], Prompt("{y}?", "Be kind.", key="p2")), "its own system prompt is another"


def test_what_was_stopped_before_it_was_sent_is_still_to_be_asked() -> None:
    prompts = {key: Prompt(key, key=key) for key in ("p1", "p2", "p3", "p4")}
    stopped = request("r2", prompt="p2", state=RequestState.STOPPED)
    stopped.timestamps.sent = None
    warm = request("r3", prompt="p3", warmup=True)
    failed = request("r4", prompt="p4", state=RequestState.FAILED)
    requests = {one.spec.id: one for one in (request("r1", prompt="p1"), stopped, warm, failed)}
    assert [one.key for one in asked_prompts(prompts, requests)] == ["p1", "p4"]
