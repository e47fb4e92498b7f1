"""Every state has a sentence, and it is true of what arrived."""

from __future__ import annotations

import pytest

from tests.support import sessions as make
from tui.core.plans.mode import Mode
from tui.core.requests import events as ev
from tui.core.requests.outcome import COMPLETE, outcome
from tui.core.requests.request import Request, RequestSpec, RequestState


@pytest.mark.parametrize("state", RequestState)
@pytest.mark.parametrize("answer", [(), ("some", " text")])
def test_every_state_has_a_sentence(state: RequestState, answer: tuple[str, ...]) -> None:
    request = make.request(state=state, answer=answer)
    told = outcome(request)
    assert told.endswith(".") and len(told) > 15
    assert ("kept" in told or "in the middle" in told) <= bool(request.answer), "nothing is kept of nothing"


def test_the_sentences_of_the_ends_differ() -> None:
    told = [outcome(make.request(state=state)) for state in RequestState if state.final]
    assert len(set(told)) == len(told) == 6


@pytest.mark.parametrize(
    ("reason", "answer", "told"),
    [
        ("stop", "words", COMPLETE),
        (None, "words", COMPLETE),
        ("length", "words", "The answer is cut: it reached the most tokens that were asked for."),
        ("content_filter", "words", "The host's content filter ended the answer."),
        ("stop", "", "The model ended without an answer."),
        ("length", "", "The model ended without an answer: it reached the most tokens that were asked for."),
    ],
)
def test_an_answer_that_has_ended(reason: str | None, answer: str, told: str) -> None:
    request = Request(RequestSpec("r1", "plan", Mode.RACE, "m1", "p1"))
    make.fold(request, ev.Sent("r1", 1), ev.Delta("r1", 2, 1, ev.Kind.REASONING, "hm"))
    make.fold(request, ev.Delta("r1", 3, 2, ev.Kind.ANSWER, answer), ev.Ended("r1", 4, reason, done_marker=True))
    assert outcome(request) == told


def test_a_reason_that_was_given_is_the_sentence() -> None:
    assert outcome(make.request(state=RequestState.FAILED)) == "The stream broke."
    cut = make.request(state=RequestState.CUT)
    cut.fold(ev.FailureExplained("r1", make.ASKED, "The runtime has ended.", "It is started again."))
    assert outcome(cut) == "The runtime has ended."
