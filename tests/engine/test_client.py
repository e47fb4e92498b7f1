"""One request through the real engine process, against a server that keeps a log."""

from __future__ import annotations

import pytest

from tests.support.loopback_server import FINISH, SCRIPTS, WORDS, LoopbackServer, Wire, text, usage
from tests.support.requests import ask, start, until_ended, why_cut
from tests.support.some import some
from tui.core.requests.events import Cancelled, Delta
from tui.core.requests.request import RequestState
from tui.core.sessions.session_model import Timeouts
from tui.core.text.clean import clean
from tui.engine.engine_client import EngineClient, EngineGone
from tui.engine.protocol import Cancel


async def ends_and_stays(wire: Wire) -> None:
    """A finish reason, and then neither the end nor a word."""
    await wire.head()
    await wire.event(text("all of it"))
    await wire.event(FINISH)
    await wire.event(usage(3))
    await wire.stall()


SCRIPTS["ends_and_stays"] = ends_and_stays
HASTY = Timeouts(connect=0.5, first_byte=0.5, first_text=0.5, idle=0.5)


@pytest.mark.slow
def test_a_good_answer_is_whole_counted_and_stamped_after_it_was_sent(
    link: EngineClient, server: LoopbackServer
) -> None:
    request = ask(link, server.url, "good")
    assert (request.state, request.finish_reason, request.answer) == (RequestState.DONE, "stop", "".join(WORDS))
    assert request.usage is not None and request.usage.completion_tokens == len(WORDS)
    sent = [at for at, data in server.talk("good").sends if b'"content": "' in data and b'"role"' not in data]
    assert len(sent) == request.timestamps.chunks == len(WORDS)
    assert all(stamp >= at for stamp, at in some(zip(request.timestamps.at, sent, strict=True)))
    assert request.timestamps.sent is not None and request.timestamps.sent <= server.talk("good").sends[0][0]
    assert len(set(request.timestamps.reads)) == len(WORDS)


def test_a_role_without_text_is_not_the_first_token(link: EngineClient, server: LoopbackServer) -> None:
    request = ask(link, server.url, "late_text")
    first_text_sent = next(at for at, data in server.talk("late_text").sends if b'"late"' in data)
    assert request.timestamps.at[0] >= first_text_sent
    assert request.usage is None and request.metrics.decode_tps is None


def test_chunks_of_one_read_share_its_stamp(link: EngineClient, server: LoopbackServer) -> None:
    request = ask(link, server.url, "burst")
    assert request.timestamps.chunks == 9
    assert len(set(request.timestamps.at[:8])) == len(set(request.timestamps.reads[:8])) == 1
    assert request.timestamps.reads[8] > request.timestamps.reads[0]
    assert request.metrics.icl_max_ms is not None and request.metrics.icl_max_ms > 30


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        ("split", "Grüße 🦊 你好"),
        ("half_characters", "🦊"),
        ("bad_utf8", "a\ufffd\ufffdb"),
        ("delta_and_message", "".join(WORDS)),
        ("no_done", "all of it"),
        ("twice_typed", "typed"),
    ],
)
def test_answers_in_odd_shapes_arrive_whole(
    link: EngineClient, server: LoopbackServer, model: str, answer: str
) -> None:
    request = ask(link, server.url, model)
    assert (request.state, clean(request.answer)) == (RequestState.DONE, answer)


def test_thinking_and_answering_are_told_apart(link: EngineClient, server: LoopbackServer) -> None:
    request = ask(link, server.url, "reasoning")
    assert (request.reasoning, request.answer, bytes(request.timestamps.kinds)) == ("Hm.", "Yes.", b"ra")
    assert request.metrics.think_ms is not None and request.metrics.think_ms > 30


@pytest.mark.parametrize(
    ("model", "state", "kept"),
    [("cut", RequestState.CUT, "half of"), ("empty", RequestState.EMPTY, "")],
)
def test_endings_that_are_no_success(
    link: EngineClient, server: LoopbackServer, model: str, state: RequestState, kept: str
) -> None:
    request = ask(link, server.url, model)
    assert (request.state, request.answer) == (state, kept)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("e400", "The host refused with 400: prompt too long."),
        ("e401", "The host refused with 401: no key."),
        ("e404", "The host refused with 404: unknown model."),
        ("e429", "The host refused with 429: slow down."),
        ("e500", "The host refused with 500: boom."),
        ("e503", "The host refused with 503: it gives no reason."),
        ("reset", "The connection broke before the answer was complete."),
        ("bad_json", "The host sent something that is not part of an answer: {not json."),
        ("error_in_stream", "The host reports: The prompt is too long for this model."),
        ("error_event", "The host reports: out of memory."),
        ("json_error", "The host reports: the model is not loaded."),
        ("html", "The host answered with text/html instead of a stream of events."),
        ("no_line_end", "The host sent more without a break than any answer holds."),
    ],
)
def test_each_fault_has_its_sentence(link: EngineClient, server: LoopbackServer, model: str, sentence: str) -> None:
    request = ask(link, server.url, model)
    assert request.state is RequestState.FAILED and request.fault is not None
    assert request.fault.message == sentence


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("stall_before_headers", "The host took the request and did not answer for 0.5 s."),
        ("stall_before_text", "The host began to answer and sent no text for 0.5 s."),
        ("stall_midway", "The host stopped in the middle of its answer for 0.5 s."),
        ("pings", "The host stopped in the middle of its answer for 0.5 s."),
    ],
)
def test_silence_has_a_limit_that_pings_do_not_move(
    link: EngineClient, server: LoopbackServer, model: str, sentence: str
) -> None:
    request = ask(link, server.url, model, HASTY)
    assert request.state is RequestState.FAILED and request.fault is not None
    assert request.fault.message == sentence
    assert request.answer == ("half of" if "middle" in sentence else "")


def test_nobody_there(link: EngineClient) -> None:
    request = ask(link, "http://127.0.0.1:9/v1", "any")
    assert (
        request.fault is not None
        and request.fault.message == "Nobody answers at http://127.0.0.1:9/v1. The connection was refused."
    )


def test_one_failure_leaves_the_others_alone(link: EngineClient, server: LoopbackServer) -> None:
    for name, model in (("r1", "good"), ("r2", "e500"), ("r3", "good")):
        link.send(start(name, server.url, model))
    events = until_ended(link, ["r1", "r2", "r3"])
    for name in ("r1", "r3"):
        assert "".join(e.text for e in events if isinstance(e, Delta) and e.request == name) == "".join(WORDS)


def test_a_cancel_is_seen_by_the_server_and_keeps_what_came(link: EngineClient, server: LoopbackServer) -> None:
    link.send(start("r1", server.url, "endless"))
    while not any(isinstance(event, Delta) for event in link.drain()):
        link.wait(1)
    link.send(Cancel("r1"))
    assert isinstance(until_ended(link, ["r1"])[-1], Cancelled)
    for _ in range(200):
        if server.talk("endless").hung_up:
            break
        link.wait(0.05)
    assert server.talk("endless").hung_up


@pytest.mark.slow
def test_no_key_of_the_environment_leaves_the_machine(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    link = EngineClient()
    try:
        assert ask(link, server.url, "good").state is RequestState.DONE
    finally:
        link.close()
    assert "secret" not in str(server.talk("good").headers)


def test_max_tokens_is_always_sent_and_nothing_else_uninvited(link: EngineClient, server: LoopbackServer) -> None:
    ask(link, server.url, "good")
    body = server.talk("good").body
    assert body["max_tokens"] > 0
    assert set(body) == {"model", "messages", "max_tokens", "stream", "stream_options"}


@pytest.mark.slow
def test_a_killed_engine_says_so_and_the_next_request_starts_another(server: LoopbackServer) -> None:
    import psutil

    link = EngineClient()
    try:
        link.send(start("r1", server.url, "endless"))
        while not any(isinstance(event, Delta) for event in link.drain()):
            link.wait(1)
        assert link.pid is not None
        psutil.Process(link.pid).kill()
        assert isinstance(until_ended(link, ["r1"])[-1], EngineGone)
        assert ask(link, server.url, "good").state is RequestState.DONE
    finally:
        link.close()


@pytest.mark.slow
def test_a_closed_engine_is_gone(server: LoopbackServer) -> None:
    import psutil

    link = EngineClient()
    link.start()
    pid = link.pid
    assert pid is not None
    link.close()
    assert not psutil.pid_exists(pid)


@pytest.mark.slow
def test_an_answer_that_is_said_to_be_whole_is_done_though_its_connection_stays(
    link: EngineClient, server: LoopbackServer
) -> None:
    request = ask(link, server.url, "ends_and_stays", HASTY)
    assert (request.state, request.finish_reason, request.answer) == (RequestState.DONE, "stop", "all of it")
    assert request.usage is not None and request.usage.completion_tokens == 3
    # The wait for its end is nobody's time.
    assert (
        request.timestamps.end is not None
        and request.timestamps.end - request.timestamps.at[-1] < HASTY.idle * 1_000_000_000
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("upstream connect error", "The host reports: upstream connect error."),
        ("<html>Bad</html>", "The host sent something that is not part of an answer: <html>Bad</html>."),
    ],
)
def test_what_is_said_where_an_answer_breaks_off_is_the_reason_why_it_was_cut(
    link: EngineClient, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, words: str, why: str
) -> None:
    async def breaks_off(wire: Wire) -> None:
        await wire.head()
        await wire.event(text("half of"))
        await wire.send(f"{words}\n".encode())

    monkeypatch.setitem(SCRIPTS, "breaks_off", breaks_off)
    request = ask(link, server.url, "breaks_off")
    told = why_cut(link, request)
    assert (request.answer, told.message, told.hint) == ("half of", why, "What arrived is kept.")
