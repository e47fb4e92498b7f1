"""One request through the real engine process, against a server that keeps a log."""

from __future__ import annotations

import pytest

from tests.support.lanes import ask, start, until_ended, why_cut
from tests.support.loopback_server import FINISH, SCRIPTS, WORDS, LoopbackServer, Wire, text, usage
from tests.support.some import some
from tui.core.clean import clean
from tui.core.events import Cancelled, Delta
from tui.core.lane import LaneState
from tui.core.target import Timeouts
from tui.engine.link import EngineGone, EngineLink
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


def test_a_good_answer_is_whole_counted_and_stamped_after_it_was_sent(link: EngineLink, server: LoopbackServer) -> None:
    lane = ask(link, server.url, "good")
    assert (lane.state, lane.finish_reason, lane.answer) == (LaneState.DONE, "stop", "".join(WORDS))
    assert lane.usage is not None and lane.usage.completion_tokens == len(WORDS)
    sent = [at for at, data in server.talk("good").sends if b'"content": "' in data and b'"role"' not in data]
    assert len(sent) == lane.marks.chunks == len(WORDS)
    assert all(stamp >= at for stamp, at in some(zip(lane.marks.at, sent, strict=True)))
    assert lane.marks.sent is not None and lane.marks.sent <= server.talk("good").sends[0][0]
    assert len(set(lane.marks.reads)) == len(WORDS)


def test_a_role_without_text_is_not_the_first_token(link: EngineLink, server: LoopbackServer) -> None:
    lane = ask(link, server.url, "late_text")
    first_text_sent = next(at for at, data in server.talk("late_text").sends if b'"late"' in data)
    assert lane.marks.at[0] >= first_text_sent
    assert lane.usage is None and lane.timing.decode_tps is None


def test_chunks_of_one_read_share_its_stamp(link: EngineLink, server: LoopbackServer) -> None:
    lane = ask(link, server.url, "burst")
    assert lane.marks.chunks == 9
    assert len(set(lane.marks.at[:8])) == len(set(lane.marks.reads[:8])) == 1
    assert lane.marks.reads[8] > lane.marks.reads[0]
    assert lane.timing.icl_max_ms is not None and lane.timing.icl_max_ms > 30


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
def test_answers_in_odd_shapes_arrive_whole(link: EngineLink, server: LoopbackServer, model: str, answer: str) -> None:
    lane = ask(link, server.url, model)
    assert (lane.state, clean(lane.answer)) == (LaneState.DONE, answer)


def test_thinking_and_answering_are_told_apart(link: EngineLink, server: LoopbackServer) -> None:
    lane = ask(link, server.url, "reasoning")
    assert (lane.reasoning, lane.answer, bytes(lane.marks.kinds)) == ("Hm.", "Yes.", b"ra")
    assert lane.timing.think_ms is not None and lane.timing.think_ms > 30


@pytest.mark.parametrize(
    ("model", "state", "kept"),
    [("cut", LaneState.CUT, "half of"), ("empty", LaneState.EMPTY, "")],
)
def test_endings_that_are_no_success(
    link: EngineLink, server: LoopbackServer, model: str, state: LaneState, kept: str
) -> None:
    lane = ask(link, server.url, model)
    assert (lane.state, lane.answer) == (state, kept)


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
def test_each_fault_has_its_sentence(link: EngineLink, server: LoopbackServer, model: str, sentence: str) -> None:
    lane = ask(link, server.url, model)
    assert lane.state is LaneState.FAILED and lane.fault is not None
    assert lane.fault.message == sentence


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
    link: EngineLink, server: LoopbackServer, model: str, sentence: str
) -> None:
    lane = ask(link, server.url, model, HASTY)
    assert lane.state is LaneState.FAILED and lane.fault is not None
    assert lane.fault.message == sentence
    assert lane.answer == ("half of" if "middle" in sentence else "")


def test_nobody_there(link: EngineLink) -> None:
    lane = ask(link, "http://127.0.0.1:9/v1", "any")
    assert (
        lane.fault is not None
        and lane.fault.message == "Nobody answers at http://127.0.0.1:9/v1. The connection was refused."
    )


def test_one_failure_leaves_the_others_alone(link: EngineLink, server: LoopbackServer) -> None:
    for name, model in (("r1", "good"), ("r2", "e500"), ("r3", "good")):
        link.send(start(name, server.url, model))
    events = until_ended(link, ["r1", "r2", "r3"])
    for name in ("r1", "r3"):
        assert "".join(e.text for e in events if isinstance(e, Delta) and e.lane == name) == "".join(WORDS)


def test_a_cancel_is_seen_by_the_server_and_keeps_what_came(link: EngineLink, server: LoopbackServer) -> None:
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


def test_no_key_of_the_environment_leaves_the_machine(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    link = EngineLink()
    try:
        assert ask(link, server.url, "good").state is LaneState.DONE
    finally:
        link.close()
    assert "secret" not in str(server.talk("good").headers)


def test_max_tokens_is_always_sent_and_nothing_else_uninvited(link: EngineLink, server: LoopbackServer) -> None:
    ask(link, server.url, "good")
    body = server.talk("good").body
    assert body["max_tokens"] > 0
    assert set(body) == {"model", "messages", "max_tokens", "stream", "stream_options"}


def test_a_killed_engine_says_so_and_the_next_request_starts_another(server: LoopbackServer) -> None:
    import psutil

    link = EngineLink()
    try:
        link.send(start("r1", server.url, "endless"))
        while not any(isinstance(event, Delta) for event in link.drain()):
            link.wait(1)
        assert link.pid is not None
        psutil.Process(link.pid).kill()
        assert isinstance(until_ended(link, ["r1"])[-1], EngineGone)
        assert ask(link, server.url, "good").state is LaneState.DONE
    finally:
        link.close()


def test_a_closed_engine_is_gone(server: LoopbackServer) -> None:
    import psutil

    link = EngineLink()
    link.start()
    pid = link.pid
    assert pid is not None
    link.close()
    assert not psutil.pid_exists(pid)


def test_an_answer_that_is_said_to_be_whole_is_done_though_its_connection_stays(
    link: EngineLink, server: LoopbackServer
) -> None:
    lane = ask(link, server.url, "ends_and_stays", HASTY)
    assert (lane.state, lane.finish_reason, lane.answer) == (LaneState.DONE, "stop", "all of it")
    assert lane.usage is not None and lane.usage.completion_tokens == 3
    # The wait for its end is nobody's time.
    assert lane.marks.end is not None and lane.marks.end - lane.marks.at[-1] < HASTY.idle * 1_000_000_000


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("upstream connect error", "The host reports: upstream connect error."),
        ("<html>Bad</html>", "The host sent something that is not part of an answer: <html>Bad</html>."),
    ],
)
def test_what_is_said_where_an_answer_breaks_off_is_the_reason_why_it_was_cut(
    link: EngineLink, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, words: str, why: str
) -> None:
    async def breaks_off(wire: Wire) -> None:
        await wire.head()
        await wire.event(text("half of"))
        await wire.send(f"{words}\n".encode())

    monkeypatch.setitem(SCRIPTS, "breaks_off", breaks_off)
    lane = ask(link, server.url, "breaks_off")
    told = why_cut(link, lane)
    assert (lane.answer, told.message, told.hint) == ("half of", why, "What arrived is kept.")
