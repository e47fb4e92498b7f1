"""What a list of sessions can be narrowed down by."""

from __future__ import annotations

from dataclasses import replace

from tests.support.sessions import request, score, session
from tests.support.some import some
from tui.core.narrowing import stepped
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.core.sessions.session import SessionState
from tui.core.sessions.session_filters import FilterBy, SessionFilter, is_unfinished, values, values_of
from tui.core.sessions.summary import SessionSummary, summary_of

DONE = summary_of(session([request("r1", model="m1"), request("r2", model="m2", mode=Mode.RACE)]))
SCORED = summary_of(replace(session([request("r1")], scores=[score("r1", 3)]), tags=("night",)))
STOPPED = summary_of(session([request("r1", state=RequestState.STOPPED, answer=())]))
EVERY: list[SessionSummary | None] = [DONE, SCORED, STOPPED, None]


def test_each_field_has_the_values_that_occur_and_a_damaged_file_has_a_state_alone() -> None:
    found = {by: values(EVERY, by, "ann") for by in FilterBy}
    assert found == {
        FilterBy.MODEL: ("model-m1", "model-m2", "-"),
        FilterBy.MODE: ("measure", "race", "-"),
        FilterBy.RATER: ("ann", "-"),
        FilterBy.TAG: ("night", "-"),
        FilterBy.STATE: ("undecided", "decided", "no answer", "unfinished", "damaged"),
    }
    assert values_of(SCORED, FilterBy.STATE, "bea") == ("undecided",), "what is undecided is so for who looks"


def test_a_filter_goes_through_the_values_and_opens_again_after_the_last() -> None:
    picked: dict[FilterBy, str] = {}
    admitted = []
    for _ in some(range(4)):
        picked = stepped(picked, FilterBy.RATER, values(EVERY, FilterBy.RATER, "ann"))
        admitted.append([summary for summary in EVERY if SessionFilter(picked).admits(summary, "ann")])
    assert admitted == [[SCORED], [DONE, STOPPED, None], EVERY, [SCORED]]
    narrowed = SessionFilter({FilterBy.RATER: "-", FilterBy.STATE: "unfinished"})
    assert [summary for summary in EVERY if narrowed.admits(summary, "ann")] == [STOPPED]


def test_unfinished_is_what_was_broken_off_or_stopped() -> None:
    assert [is_unfinished(one) for one in (DONE, SCORED, STOPPED)] == [False, False, True]
    assert is_unfinished(DONE._replace(state=SessionState.INTERRUPTED.value))
