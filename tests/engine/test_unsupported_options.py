"""Servers say the same things in many ways, and refuse options that others take."""

from __future__ import annotations

import json

import pytest

from tests.support.loopback_server import WORDS, LoopbackServer, Talk
from tests.support.odd_servers import NEWER, SHORT, THINKING, USAGES, forbidden
from tests.support.requests import ask
from tests.support.some import some
from tui.core.requests.dropped_options import dropped_sentence
from tui.core.requests.request import RequestState
from tui.core.sessions.session_model import Parameters
from tui.engine.engine_client import EngineClient
from tui.engine.unsupported_options import refused

EVERY = Parameters(max_tokens=9, temperature=0.2, top_p=0.9, seed=3, stop=("END",))
BODY = {"model": "m", "max_tokens": 9, "stream_options": {}, "temperature": 0.2, "top_p": 0.9, "seed": 3, "stop": ["x"]}


def talks(server: LoopbackServer, model: str) -> list[Talk]:
    return [talk for talk in server.talks if talk.body["model"] == model]


@pytest.mark.slow
@pytest.mark.parametrize("model", THINKING)
def test_thinking_is_found_wherever_a_server_puts_it(link: EngineClient, server: LoopbackServer, model: str) -> None:
    request = ask(link, server.url, model)
    assert (request.state, request.reasoning, request.answer) == (RequestState.DONE, "Hm.", "Yes.")
    assert request.timestamps.first_output is not None


@pytest.mark.parametrize(
    ("model", "state", "thought", "answer"),
    [
        ("unclosed", RequestState.DONE, "Hm.", ""),
        ("other_tag", RequestState.DONE, "", "<thead> is HTML"),
        ("tag_later", RequestState.DONE, "", "Use <think> tags"),
        ("cut_tag", RequestState.CUT, "", "<thi"),
    ],
)
def test_what_only_looks_like_a_tag_is_part_of_the_answer(
    link: EngineClient, server: LoopbackServer, model: str, state: RequestState, thought: str, answer: str
) -> None:
    request = ask(link, server.url, model)
    assert (request.state, request.reasoning, request.answer) == (state, thought, answer)


def test_text_that_waited_for_more_keeps_the_instant_of_its_read(link: EngineClient, server: LoopbackServer) -> None:
    request = ask(link, server.url, "other_tag")
    second = next(at for at, data in server.talk("other_tag").sends if b"ead>" in data)
    assert request.timestamps.at[0] < second <= request.timestamps.at[1]


@pytest.mark.parametrize(("model", "tokens"), [(name, tokens) for name, (_, tokens) in USAGES.items()])
def test_usage_is_found_wherever_a_server_puts_it(
    link: EngineClient, server: LoopbackServer, model: str, tokens: int | None
) -> None:
    request = ask(link, server.url, model)
    assert (request.state, request.answer) == (RequestState.DONE, "abc")
    assert (request.usage.completion_tokens if request.usage else None) == tokens
    assert (request.metrics.e2e_tps is None) is (tokens is None)


@pytest.mark.parametrize(
    ("model", "left_out"),
    [
        ("no_stream_options", ("stream_options",)),
        ("no_seed", ("seed",)),
        ("no_temperature", ("temperature",)),
        ("no_sampling", ("seed", "top_p", "stop")),
        ("newer_limit", ("max_tokens",)),
        ("one_by_one", ("stream_options", "top_p", "seed")),
    ],
)
def test_a_refused_option_is_left_out_said_and_remembered(
    link: EngineClient, server: LoopbackServer, model: str, left_out: tuple[str, ...]
) -> None:
    first = ask(link, server.url, model, parameters=EVERY)
    assert (first.state, first.answer, first.adjusted) == (RequestState.DONE, "".join(WORDS), left_out)
    refusal, *_, answered = talks(server, model)
    lost = set(refusal.body) - set(answered.body)
    assert lost == set(left_out)
    assert answered.body.get("max_completion_tokens") == (9 if "max_tokens" in left_out else None)
    assert all(answered.body[name] == value for name, value in some(refusal.body.items()) if name not in lost)
    assert first.timestamps.sent is not None and first.timestamps.sent > refusal.sends[-1][0]
    assert first.timestamps.sent <= answered.sends[0][0]
    before = len(talks(server, model))
    again = ask(link, server.url, model, parameters=EVERY)
    assert (again.adjusted, again.answer) == (left_out, first.answer)
    assert len(talks(server, model)) == before + 1


def test_a_host_that_takes_everything_is_asked_everything_once(link: EngineClient, server: LoopbackServer) -> None:
    request = ask(link, server.url, "good", parameters=EVERY)
    assert request.adjusted == ()
    (talk,) = talks(server, "good")
    assert set(BODY) <= set(talk.body)


@pytest.mark.parametrize("model", ["short_context", "cold_only"])
def test_a_value_that_is_refused_is_not_dropped_in_silence(
    link: EngineClient, server: LoopbackServer, model: str
) -> None:
    request = ask(link, server.url, model, parameters=EVERY)
    assert (request.state, request.adjusted, len(talks(server, model))) == (RequestState.FAILED, (), 1)
    assert request.fault is not None and request.fault.message.startswith("The host refused with 400: ")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("Unrecognized request argument supplied: stream_options", ("stream_options",)),
        ({"detail": "Unexpected keys in the request: {'stream_options', 'seed'}"}, ("stream_options", "seed")),
        ({"error": {"message": "This model doesn't support the parameter `top_p`."}}, ("top_p",)),
        ({"message": "litellm: does not support parameters: ['seed']"}, ("seed",)),
        ({"error": {"message": "Unsupported parameter: 'stop' is not supported with this model."}}, ("stop",)),
        ("Unknown parameter: stop", ("stop",)),
        ({"error": "temperature is no longer accepted"}, ("temperature",)),
        ({"error": {"message": NEWER}}, ("max_tokens",)),
        (forbidden("seed", "stream_options"), ("stream_options", "seed")),
        ([{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}], ("seed",)),
        ({"error": {"message": SHORT}}, ()),
        ({"error": {"message": "Unsupported value: temperature 3 is out of range"}}, ()),
        ({"error": {"message": "'temperature' must be a number"}}, ()),
        ({"error": {"message": "The server will stop: unknown error"}}, ()),
        ({"error": {"message": "max_tokens is not supported"}}, ()),
        ({"error": {"message": "the seeds of unknown plants"}}, ()),
        ({"detail": [{"type": "missing", "loc": ["body", "messages"], "msg": "Field required", "input": BODY}]}, ()),
        ("<html>Unknown: seed</html>", ()),
        ("", ()),
        ({"error": None}, ()),
        ([None, 3, {"loc": "seed"}], ()),
        ("[" * 100_000, ()),
    ],
)
def test_a_refusal_is_read_for_the_options_that_it_turns_down(body: object, names: tuple[str, ...]) -> None:
    said = body if isinstance(body, str) else json.dumps(body)
    assert refused(400, said, BODY) == refused(422, said, BODY) == names
    assert refused(500, said, BODY) == refused(404, said, BODY) == ()


def test_an_option_that_was_not_sent_is_not_what_was_refused() -> None:
    assert refused(400, "Unknown parameter: 'seed'", {"model": "m", "max_tokens": 9}) == ()


@pytest.mark.parametrize("status", [400, 422, 500, 501])
@pytest.mark.parametrize(
    "body",
    ["", "Internal error", {"error": "'response_format.type' must be 'text'"}, {"error": "json_schema or grammar"}],
)
def test_the_form_of_an_answer_is_left_out_whatever_is_said_of_it(status: int, body: object) -> None:
    said = body if isinstance(body, str) else json.dumps(body)
    assert refused(status, said, BODY | {"response_format": {}}) == ("response_format",)
    assert refused(status, said, BODY) == ()


def test_what_a_server_names_is_left_out_before_the_form_of_the_answer() -> None:
    asked = BODY | {"response_format": {}}
    assert refused(400, "Unknown parameter: 'seed'", asked) == ("seed",)
    assert refused(404, "No such model", asked) == refused(429, "Too many", asked) == ()


def test_what_was_left_out_can_be_told_in_a_sentence() -> None:
    assert dropped_sentence(()) == ""
    assert dropped_sentence(("seed", "top_p")) == "seed, top_p: refused by the host and left out."
    assert dropped_sentence(("seed", "max_tokens")) == (
        "seed: refused by the host and left out; max_tokens: sent as max_completion_tokens, as the host wants."
    )
