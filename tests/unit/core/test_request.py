"""A request takes its events in, comes to exactly one end, and loses nothing on the way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.sessions import ASKED, MS, SENT, fold, spec
from tests.support.some import any_number_of
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.plan_run import PlanRun
from tui.core.requests import events as ev
from tui.core.requests.events import Kind
from tui.core.requests.request import Fault, Request, RequestState
from tui.core.sessions.session_dict import request_from_dict, request_to_dict

many = settings(max_examples=80, deadline=None)
late = st.sampled_from(
    [
        ev.Queued("r1", ASKED + 900 * MS),
        ev.Loading("r1", ASKED + 900 * MS),
        ev.Loaded("r1", ASKED + 900 * MS),
        ev.Sent("r1", SENT + 900 * MS),
        ev.OptionsDropped("r1", SENT + 900 * MS, ("seed",)),
        ev.Headers("r1", SENT + 900 * MS),
        ev.Delta("r1", SENT + 900 * MS, 99, Kind.ANSWER, "too late"),
        ev.Ended("r1", SENT + 900 * MS, "length"),
        ev.Failed("r1", SENT + 900 * MS, "stream", "too late"),
        ev.Cancelled("r1", SENT + 900 * MS),
        ev.Skipped("r1", SENT + 900 * MS),
    ]
)


def test_why_a_stream_was_cut_is_told_and_why_a_request_failed_is_told_better() -> None:
    known = ev.FailureExplained("r1", SENT + 9 * MS, "The runtime ended by itself.", "Run it again.")
    cut = fold(running(), ev.Delta("r1", SENT + MS, 1, Kind.ANSWER, "half"), ev.Ended("r1", SENT + 2 * MS))
    assert (cut.state, cut.fault) == (RequestState.CUT, None)
    fold(cut, known)
    assert (cut.state, cut.answer) == (RequestState.CUT, "half")
    assert cut.fault == Fault("stream", "The runtime ended by itself.", "Run it again.")
    failed = fold(running(), ev.Failed("r1", SENT + 2 * MS, "connect", "Nobody answers.", "Start it.", "ConnectError"))
    fold(failed, known)
    assert failed.fault == Fault("connect", "The runtime ended by itself.", "Run it again.", "ConnectError")
    whole = fold(running(), ev.Delta("r1", SENT + MS, 1, Kind.ANSWER, "all"), ev.Ended("r1", SENT + 2 * MS, "stop"))
    assert fold(whole, known).fault is None


def running() -> Request:
    return fold(Request(spec()), ev.Queued("r1", ASKED), ev.Sent("r1", SENT))


def delta(text: str, kind: Kind = Kind.ANSWER, at: int = SENT + MS, read: int = 1) -> ev.Delta:
    return ev.Delta("r1", at, read, kind, text)


def test_a_request_goes_from_queued_over_loading_to_done() -> None:
    request = Request(spec())
    seen = [request.state]
    for event in (
        ev.Queued("r1", ASKED),
        ev.Loading("r1", ASKED),
        ev.Loaded("r1", ASKED),
        ev.Sent("r1", SENT, connect_ns=4, reused=True),
        ev.Headers("r1", SENT),
        delta("hi"),
        ev.Ended("r1", SENT + 2 * MS, "stop"),
    ):
        request.fold(event)
        seen.append(request.state)
    q, load, run, done = RequestState.QUEUED, RequestState.LOADING, RequestState.RUNNING, RequestState.DONE
    assert seen == [q, q, load, q, run, run, run, done]
    assert (request.timestamps.connect_ns, request.timestamps.reused, request.finish_reason) == (4, True, "stop")


@pytest.mark.parametrize(
    ("event", "with_text", "without"),
    [
        (ev.Ended("r1", SENT + 9 * MS, "stop"), RequestState.DONE, RequestState.EMPTY),
        (ev.Ended("r1", SENT + 9 * MS, "length"), RequestState.DONE, RequestState.EMPTY),
        (ev.Ended("r1", SENT + 9 * MS, done_marker=True), RequestState.DONE, RequestState.EMPTY),
        (ev.Ended("r1", SENT + 9 * MS), RequestState.CUT, RequestState.CUT),
        (ev.Failed("r1", SENT + 9 * MS, "stream", "It broke."), RequestState.FAILED, RequestState.FAILED),
        (ev.Cancelled("r1", SENT + 9 * MS), RequestState.STOPPED, RequestState.STOPPED),
    ],
    ids=["finish reason", "length", "[DONE]", "neither", "failed", "cancelled"],
)
def test_how_a_request_ends(event: ev.Event, with_text: RequestState, without: RequestState) -> None:
    answered = fold(running(), delta("text"), event)
    assert (answered.state, answered.answer, answered.timestamps.end) == (with_text, "text", SENT + 9 * MS)
    assert fold(running(), event).state is without
    assert with_text.final
    assert without.final


def test_only_a_request_that_came_to_its_own_end_with_text_counts() -> None:
    assert [state for state in RequestState if state.counts] == [RequestState.DONE]
    assert [state for state in RequestState if not state.final] == [
        RequestState.QUEUED,
        RequestState.LOADING,
        RequestState.RUNNING,
    ]


def test_a_request_that_was_sent_again_is_timed_from_its_last_start_and_says_what_was_left_out() -> None:
    asked_anew = ev.Sent("r1", SENT + 5 * MS, connect_ns=2)
    request = fold(
        running(), asked_anew, ev.OptionsDropped("r1", SENT + 6 * MS, ("seed",)), delta("x", at=SENT + 8 * MS)
    )
    assert (request.adjusted, request.timestamps.sent, request.timestamps.connect_ns) == (("seed",), SENT + 5 * MS, 2)
    assert request.metrics.ttft_ms == 3
    back = request_from_dict(request_to_dict(request))
    assert back.adjusted == ("seed",)
    assert "adjusted" not in request_to_dict(running())


def test_a_skipped_request_ends_without_an_instant() -> None:
    request = fold(Request(spec()), ev.Skipped("r1", ASKED))
    assert (request.state, request.timestamps.end, request.metrics.known()) == (RequestState.SKIPPED, None, {})


def test_a_failure_keeps_what_arrived_and_says_why() -> None:
    request = fold(running(), delta("half an"), ev.Failed("r1", SENT, "timeout", "Silence.", "Press r.", "ReadTimeout"))
    assert request.answer == "half an"
    assert request.fault == Fault("timeout", "Silence.", "Press r.", "ReadTimeout")


@many
@given(st.text(), st.lists(st.integers(0, 200), max_size=12), st.sampled_from(Kind))
def test_the_text_does_not_depend_on_how_it_was_split(text: str, cuts: list[int], kind: Kind) -> None:
    request = running()
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    for number, (start, stop) in enumerate(any_number_of(pairwise(edges)), 1):
        request.fold(delta(text[start:stop], kind, SENT + number * MS, number))
        assert request.reasoning + request.answer == text[:stop]
    assert (request.reasoning if kind is Kind.REASONING else request.answer) == text
    assert (request.answer if kind is Kind.REASONING else request.reasoning) == ""
    assert request.timestamps.chunks == len(edges) - 1


def test_an_empty_chunk_is_no_first_text() -> None:
    request = fold(running(), delta("", at=SENT + MS), delta("x", at=SENT + 5 * MS))
    assert (request.timestamps.chunks, request.metrics.ttft_ms) == (1, 5)
    role_only = fold(running(), delta(""), ev.Ended("r1", SENT + 2 * MS, "stop"))
    assert role_only.state is RequestState.EMPTY


@many
@given(st.sampled_from([state for state in RequestState if state.final]), st.lists(late, min_size=1, max_size=6))
def test_after_the_end_late_events_change_nothing(state: RequestState, events: list[ev.Event]) -> None:
    request, untouched = make.request(state=state), make.request(state=state)
    fold(request, *events)
    assert request.state is state
    assert request_to_dict(request) == request_to_dict(untouched)


def test_usage_may_come_after_the_end() -> None:
    request = make.request(usage=False)
    assert request.metrics.decode_tps is None
    request.fold(ev.Usage("r1", 5, 3))
    assert request.metrics.decode_tps == 100


@many
@given(
    st.lists(
        late
        | st.integers(0, 2000).flatmap(
            lambda at: st.sampled_from(
                [
                    ev.Queued("r1", at * MS),
                    ev.Loading("r1", at * MS),
                    ev.Loaded("r1", at * MS),
                    ev.Sent("r1", at * MS),
                    ev.Headers("r1", at * MS),
                    delta("x", at=at * MS, read=at),
                    delta("y", Kind.REASONING, at * MS, at),
                    ev.Usage("r1", at, at),
                    ev.ThinkingFound("r1", at, at // 2, at),
                    ev.Ended("r1", at * MS),
                ]
            )
        ),
        max_size=12,
    )
)
def test_in_whatever_order_events_come_the_request_can_be_written_and_read_back(events: list[ev.Event]) -> None:
    request = fold(Request(spec()), *events)
    written = request_to_dict(request)
    back = request_from_dict(written)
    assert request_to_dict(back) == written
    assert (back.state, back.answer, back.reasoning) == (request.state, request.answer, request.reasoning)


def test_thinking_that_was_found_at_the_end_changes_kinds_and_no_instant() -> None:
    words = ["Hm. ", "So.", "\n</think>\n", "Yes.", " No."]
    said = [delta(word, at=(number + 1) * 10 * MS, read=number) for number, word in enumerate(words)]
    request = fold(Request(spec()), ev.Sent("r1", 0), *said)
    before = (list(request.timestamps.at), list(request.timestamps.reads))
    request.fold(ev.ThinkingFound("r1", 3, 8, 17))
    assert (request.reasoning, request.answer, bytes(request.timestamps.kinds)) == ("Hm. So.", "Yes. No.", b"rrraa")
    assert (list(request.timestamps.at), list(request.timestamps.reads)) == before
    request.fold(ev.Ended("r1", 60 * MS, "stop"))
    assert (request.metrics.ttft_ms, request.metrics.ttfo_ms, request.metrics.think_ms) == (10, 40, 30)
    written = request_to_dict(request)
    request.fold(ev.ThinkingFound("r1", 5, 4, 4))
    assert request_to_dict(request) == written, "after the end nothing is thought again"


def run_of(*requests: Request) -> PlanRun:
    run = PlanRun(Plan("measure", Mode.MEASURE, ("m1", "m2"), ("p1",)))
    for request in requests:
        run.add(request)
    return run


def test_a_run_is_finished_when_every_request_is() -> None:
    waiting = Request(spec("r2", model="m2"))
    run = run_of(make.request("r1"), waiting)
    assert not run.finished
    waiting.fold(ev.Skipped("r2", ASKED))
    assert run.finished


def test_a_column_shows_the_newest_request_that_has_begun() -> None:
    first, second = Request(spec("r1")), Request(spec("r2", round=2))
    run = run_of(first, second)
    assert run.shown_request("m1") is second
    fold(first, ev.Queued("r1", ASKED))
    assert run.shown_request("m1") is first
    fold(second, ev.Queued("r2", ASKED))
    assert run.shown_request("m1") is second
    assert run.shown_request("m2") is None
