"""What the phase bar and the live counters say while a request runs, and after."""

from __future__ import annotations

import pytest

from tests.support.sessions import ASKED, MS, fold, spec
from tui.core.requests import events as ev
from tui.core.requests.events import Kind
from tui.core.requests.phase import Phase
from tui.core.requests.phases import Live, Span, live, spans
from tui.core.requests.request import Request

S = 1_000 * MS
LATER = ASKED + 100 * S


def asked(*events: ev.Event) -> Request:
    return fold(Request(spec()), ev.Queued("r1", ASKED), *events)


def sent(at: int) -> ev.Event:
    return ev.Sent("r1", ASKED + at)


def chunk(at: int, read: int, kind: Kind = Kind.ANSWER) -> ev.Event:
    return ev.Delta("r1", ASKED + at, read, kind, "x")


def test_a_request_not_asked_for_has_no_phases() -> None:
    assert spans(Request(spec()), LATER) == ()
    assert spans(fold(Request(spec()), ev.Skipped("r1", ASKED)), LATER) == ()


def test_a_request_whose_end_is_not_known_shows_phases_up_to_its_last_chunk() -> None:
    request = asked(sent(S), chunk(2 * S, 1), chunk(5 * S, 2), ev.Ended("r1", ASKED + 6 * S, "stop"))
    request.timestamps.end = None
    assert spans(request, LATER)[-1].stop == 5


def test_a_whole_request_shows_every_phase_in_order() -> None:
    request = asked(
        ev.Loading("r1", ASKED + S),
        ev.Loaded("r1", ASKED + 3 * S),
        sent(4 * S),
        chunk(6 * S, 1, Kind.REASONING),
        chunk(9 * S, 2),
        chunk(10 * S, 3),
        ev.Ended("r1", ASKED + 11 * S, "stop"),
    )
    assert spans(request, LATER) == (
        Span(Phase.QUEUE, 0, 1),
        Span(Phase.LOAD, 1, 3),
        Span(Phase.QUEUE, 3, 4),
        Span(Phase.PREFILL, 4, 6),
        Span(Phase.THINK, 6, 9),
        Span(Phase.ANSWER, 9, 11),
    )


@pytest.mark.parametrize(
    "end", [ev.Failed("r1", ASKED + 2 * S, "host", "no"), ev.Cancelled("r1", ASKED + 2 * S), ev.Skipped("r1", ASKED)]
)
def test_a_request_that_ended_before_it_was_sent_has_waited_and_counts_nothing(end: ev.Event) -> None:
    loading = asked(ev.Loading("r1", ASKED + S), end)
    assert live(loading, LATER) == Live(None, 0, False, None, None, None)
    if not isinstance(end, ev.Skipped):
        assert spans(loading, LATER) == (Span(Phase.QUEUE, 0, 1), Span(Phase.LOAD, 1, 2))


def test_the_running_phase_grows_with_the_clock() -> None:
    request = asked(sent(S))
    assert spans(request, ASKED + 3 * S) == (Span(Phase.QUEUE, 0, 1), Span(Phase.PREFILL, 1, 3))
    assert spans(request, ASKED + 5 * S)[-1] == Span(Phase.PREFILL, 1, 5)


def test_a_request_that_only_thinks_shows_no_answer() -> None:
    request = asked(sent(0), chunk(S, 1, Kind.REASONING), ev.Cancelled("r1", ASKED + 2 * S))
    assert spans(request, LATER) == (Span(Phase.PREFILL, 0, 1), Span(Phase.THINK, 1, 2))


@pytest.mark.parametrize("kind", [Kind.REFUSAL, Kind.TOOL])
def test_a_refusal_is_not_shown_as_thinking(kind: Kind) -> None:
    request = asked(sent(0), chunk(S, 1, kind), ev.Ended("r1", ASKED + 2 * S, "stop"))
    assert spans(request, LATER) == (Span(Phase.PREFILL, 0, 1), Span(Phase.ANSWER, 1, 2))


def test_a_request_that_failed_while_loading_stops_there() -> None:
    request = asked(ev.Loading("r1", ASKED + S), ev.Failed("r1", ASKED + 2 * S, "load", "No memory."))
    assert spans(request, LATER) == (Span(Phase.QUEUE, 0, 1), Span(Phase.LOAD, 1, 2))


def test_no_phase_begins_before_zero_when_nobody_noted_the_asking() -> None:
    request = Request(spec())
    fold(
        request, ev.Loading("r1", ASKED), ev.Loaded("r1", ASKED + S), sent(2 * S), ev.Ended("r1", ASKED + 3 * S, "stop")
    )
    assert spans(request, LATER) == (Span(Phase.LOAD, 0, 1), Span(Phase.QUEUE, 1, 2), Span(Phase.PREFILL, 2, 3))


def test_before_it_is_sent_a_request_has_no_counters() -> None:
    shown = live(asked(), LATER)
    assert (shown.tokens, shown.estimated, shown.rate_now, shown.rate, shown.elapsed) == (None, False, None, None, None)


def test_tokens_are_an_estimate_until_usage_comes() -> None:
    request = asked(sent(0), *(chunk(S + n * 100 * MS, n) for n in range(1, 6)))
    shown = live(request, ASKED + 2 * S, tokens_per_chunk=2)
    assert (shown.tokens, shown.estimated, shown.elapsed) == (10, True, 2)
    assert shown.rate == pytest.approx(20)  # 4 gaps of 2 tokens in 0.4 s

    fold(request, ev.Ended("r1", ASKED + 2 * S, "stop"), ev.Usage("r1", 5, 9))
    is_complete = live(request, LATER, tokens_per_chunk=2)
    assert (is_complete.tokens, is_complete.estimated, is_complete.elapsed) == (9, False, 2)
    assert is_complete.rate == pytest.approx(20)  # 8 tokens after the first in 0.4 s
    assert is_complete.rate_now is None


@pytest.mark.parametrize("end", [ev.Ended("r1", ASKED + 2 * S, "stop"), ev.Cancelled("r1", ASKED + 2 * S)])
def test_chunks_are_no_tokens_once_it_has_ended_and_nobody_counted(end: ev.Event) -> None:
    request = asked(sent(0), *(chunk(S + n * 100 * MS, n) for n in range(1, 6)))
    assert live(request, ASKED + 2 * S).tokens == 5
    shown = live(fold(request, end), LATER, tokens_per_chunk=2)
    assert (shown.tokens, shown.chunks, shown.estimated, shown.rate, shown.elapsed) == (None, 5, False, None, 2)


def test_tokens_that_another_tokenizer_counted_stay_an_estimate() -> None:
    request = asked(sent(0), *(chunk(S + n * 100 * MS, n) for n in range(1, 6)), ev.Ended("r1", ASKED + 2 * S, "stop"))
    fold(request, ev.Usage("r1", completion_tokens=9, source="tokenizer"))
    shown = live(request, LATER)
    assert (shown.tokens, shown.estimated) == (9, True)


def test_the_rate_of_now_looks_back_one_second() -> None:
    request = asked(sent(0), *(chunk(n * 100 * MS, n) for n in range(1, 31)))
    assert live(request, ASKED + 3 * S).rate_now == pytest.approx(11)  # chunks at 2.0, 2.1 … 3.0
    assert live(request, ASKED + 3 * S + 500 * MS).rate_now == pytest.approx(6)
    assert live(request, ASKED + 9 * S).rate_now == 0


def test_a_first_chunk_alone_makes_no_rate() -> None:
    request = asked(sent(0), chunk(S, 1))
    shown = live(request, ASKED + S + 50 * MS)
    assert (shown.tokens, shown.rate_now, shown.rate) == (1, None, None)
