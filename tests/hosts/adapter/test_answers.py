"""What an adapter says of itself, and what its models answer."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tests.hosts.adapter.conftest import (
    SCRIPTED,
    asking,
    put,
    until,
)
from tests.support.requests import new_request, until_ended
from tests.support.some import some
from tui.core.catalog.model_card import ModelState
from tui.core.errors import ModelFailedError, NoModelError
from tui.core.requests.events import Delta
from tui.core.requests.request import RequestState
from tui.core.sessions.session_model import Parameters
from tui.engine.engine_client import EngineClient, EngineGone
from tui.engine.protocol import Cancel, Start
from tui.hosts.adapter.host import AdapterHost


def test_it_says_what_it_is(shared: AdapterHost) -> None:
    info = shared.connect()
    assert (info.kind, info.title) == ("adapter", f"Adapter {SCRIPTED}")
    assert (info.local, info.ours, info.toys) == (True, True, False)
    assert info.pid is not None and psutil.Process(info.pid).ppid() == os.getpid()
    assert "endpoint" not in info.to_dict()


def test_it_listens_on_this_machine_only(shared: AdapterHost) -> None:
    listening = [c for c in psutil.Process(shared.connect().pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert [c.laddr.ip for c in listening] == ["127.0.0.1"]


@pytest.mark.slow
def test_a_class_without_names_is_one_model_called_like_it(
    opened: Callable[..., AdapterHost], link: EngineClient
) -> None:
    host = opened("tests.support.adapters:Plain", name="mine")
    assert host.connect().name == "mine"
    (card,) = host.catalogue()
    assert (card.id, card.alias, card.state) == ("Plain", "Plain", ModelState.CACHED)
    assert (card.context, card.licence, card.device, card.size_bytes) == (None, None, None, None)
    assert put(host, link, "plain".title()).answer == "HI"


def test_what_a_class_says_of_itself_is_on_its_cards(opened: Callable[..., AdapterHost]) -> None:
    host = opened("tests.support.adapters:Facts")
    for card in some(host.catalogue()):
        assert (card.context, card.licence, card.device) == (4096, "MIT", "NPU")
    assert host.connect().version == "3.1"


def test_a_model_that_it_does_not_have_is_refused_with_the_names_there_are(
    opened: Callable[..., AdapterHost],
) -> None:
    host = opened("tests.support.adapters:Facts")
    for step in (host.load, host.unload, host.endpoint):
        with pytest.raises(NoModelError) as caught:
            step("three")
        assert caught.value.sentence() == (
            "The adapter tests.support.adapters:Facts has no model called three. It has: one, two."
        )


def test_pieces_are_sent_as_they_come_and_counts_at_the_end(shared: AdapterHost, link: EngineClient) -> None:
    answered = put(shared, link, "counted")
    assert (answered.state, answered.answer, answered.finish_reason) == (RequestState.DONE, "One two three", "length")
    assert answered.timestamps.chunks == 3
    assert answered.usage is not None
    assert (answered.usage.prompt_tokens, answered.usage.completion_tokens) == (7, 6)
    assert answered.metrics.ttft_ms is not None


def test_each_piece_is_sent_before_the_next_is_made(shared: AdapterHost, link: EngineClient) -> None:
    for name in ("held", "lets_go"):
        shared.load(name)
    link.send(asking(shared, "held"))
    until(lambda: any(isinstance(event, Delta) and event.text == "first" for event in link.drain()))
    link.send(asking(shared, "lets_go", "r2"))
    rest = until_ended(link, ["r1", "r2"])
    assert [event.text for event in rest if isinstance(event, Delta) and event.request == "r1"] == ["second"]


def test_thinking_is_told_from_answering(shared: AdapterHost, link: EngineClient) -> None:
    answered = put(shared, link, "thinking")
    assert (answered.reasoning, answered.answer) == ("Hm.", "Yes.")
    assert answered.usage is not None and answered.usage.reasoning_tokens == 4


def test_without_counts_nothing_is_made_up(shared: AdapterHost, link: EngineClient) -> None:
    answered = put(shared, link, "slow")
    assert (answered.state, answered.answer, answered.finish_reason) == (RequestState.DONE, "slow", "stop")
    assert answered.usage is None and answered.metrics.decode_tps is None


def test_an_answer_without_text_is_empty(shared: AdapterHost, link: EngineClient) -> None:
    assert put(shared, link, "nothing").state is RequestState.EMPTY


def heard(link: EngineClient, start: Start) -> Any:
    """The JSON that a model answered with."""
    link.send(start)
    answered = new_request(start.request)
    for event in some(until_ended(link, [start.request])):
        assert not isinstance(event, EngineGone)
        answered.fold(event)
    assert answered.state is RequestState.DONE, answered.fault
    return json.loads(answered.answer)


def test_an_adapter_that_takes_everything_is_told_what_was_asked_for(
    opened: Callable[..., AdapterHost], link: EngineClient
) -> None:
    host = opened("tests.support.adapters:Facts")
    host.load("two")
    parameters = Parameters(max_tokens=9, temperature=0.25, top_p=0.5, seed=3, stop=("end",))
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]
    always = {"prompt": "hi", "name": "two", "model": "two", "messages": messages}
    assert heard(link, asking(host, "two", parameters=parameters)) == always | {
        "max_tokens": 9, "temperature": 0.25, "top_p": 0.5, "seed": 3, "stop": ["end"],
    }  # fmt: skip
    assert heard(link, asking(host, "two", parameters=Parameters(max_tokens=9))) == always | {"max_tokens": 9}


def test_an_adapter_is_given_only_what_its_signature_names(
    opened: Callable[..., AdapterHost], link: EngineClient
) -> None:
    host = opened("tests.support.adapters:Choosy")
    host.load("one")
    seen = heard(link, asking(host, "one", parameters=Parameters(max_tokens=9, seed=3)))
    assert seen == {"prompt": "hi", "seed": 3, "temperature": 0.5}


def test_a_stopped_answer_closes_its_generator_and_lets_go_of_its_model(own: AdapterHost, link: EngineClient) -> None:
    own.load("endless")
    link.send(asking(own, "endless"))
    until(lambda: any(isinstance(message, Delta) for message in link.drain()))
    with pytest.raises(ModelFailedError) as caught:
        own.unload("endless")
    assert caught.value.sentence() == (
        "endless could not be unloaded. endless is answering, or being loaded. "
        "Stop its answers first, or wait until they end."
    )
    link.send(Cancel("r1"))
    until_ended(link, ["r1"])
    until(lambda: put(own, link, "log").answer == "closed endless")
    own.unload("endless")
    assert put(own, link, "log").answer == "closed endless; unloaded endless"
    (card,) = (card for card in own.catalogue() if card.id == "endless")
    assert card.state is ModelState.CACHED


def test_a_generator_that_will_not_stop_is_left_all_the_same(own: AdapterHost, link: EngineClient) -> None:
    own.load("stubborn")
    link.send(asking(own, "stubborn"))
    until(lambda: any(isinstance(message, Delta) for message in link.drain()))
    link.send(Cancel("r1"))
    until_ended(link, ["r1"])

    def unloaded() -> bool:
        try:
            own.unload("stubborn")
        except ModelFailedError:
            return False
        return True

    until(unloaded)
    assert put(own, link, "slow").answer == "slow"


def test_different_models_answer_at_the_same_time(shared: AdapterHost, link: EngineClient) -> None:
    names = ("meets_a", "meets_b")
    for name in names:
        shared.load(name)
    for name in names:
        link.send(asking(shared, name, name))
    met = [event.text for event in until_ended(link, names) if isinstance(event, Delta)]
    assert met == ["met", "met"]


@pytest.mark.slow
def test_one_model_answers_one_question_at_a_time(shared: AdapterHost, link: EngineClient) -> None:
    shared.load("overlap")
    names = ("r1", "r2", "r3")
    for name in names:
        link.send(asking(shared, "overlap", name))
    said = [event.text for event in until_ended(link, names) if isinstance(event, Delta)]
    assert said == ["alone"] * 3
