"""Answers against earlier ones: the same, changed with what changed, or nothing to compare with."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support import sessions as make
from tests.support.some import some
from tui.core.plans.plan import Plan
from tui.core.requests.request import RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Parameters
from tui.report.same_answers import Answers, Likeness, compared_answers, difference, said_of_answers

LONG = "the sea is high again today , and nobody goes out to it before the wind turns to the east once more . "


def held(name: str, *answers: str, model: str = "m1", state: RequestState = RequestState.DONE) -> Session:
    """A session of one prompt and as many rounds as there are answers; later names are later sessions."""
    requests = [
        make.request(f"r{number}", model=model, round=number, answer=[text], state=state)
        for number, text in enumerate(answers, 1)
    ]
    made = make.session(requests, session_id=name)
    return replace(made, created=make.WHEN + timedelta(days=ord(name[-1])))


def compared(today: Session, *earlier: Session) -> Answers:
    (found,) = compared_answers(today, today.requests.values(), earlier)
    return found


def test_the_same_words_are_the_same_and_others_are_changed_by_round() -> None:
    today = held("z", "one", "two", "three")
    assert compared(today, held("a", "one", "two", "three")).likeness is Likeness.SAME
    found = compared(today, held("a", "one", "2", "three"))
    assert (found.likeness, found.rounds, found.changed) == (Likeness.CHANGED, 3, (2,))
    assert (found.before, found.after) == ("2", "two")
    assert compared(today, held("a", "one")).changed == (2, 3), "a round that there was not is compared with the first"
    assert compared(today, held("a", "one", "2", "three"), held("b", "one", "two", "three")).likeness is Likeness.SAME


def test_what_was_asked_in_another_way_is_nothing_to_compare_with() -> None:
    today = held("z", "one")
    others = held("a", "one")
    plan = next(iter(others.plans.values()))
    others.plans[plan.key] = Plan(plan.key, plan.mode, plan.models, plan.prompts, parameters=Parameters(seed=7))
    for earlier in ([], [today], [others], [held("a", "one", model="m2")], [held("a", "one", state=RequestState.CUT)]):
        (found,) = compared_answers(today, today.requests.values(), earlier)
        assert (found.likeness, found.rounds) == (Likeness.NONE, 0)
    (line,) = said_of_answers([found], 80)
    assert line.endswith(": nothing to compare with"), "its answer there is not whole"
    for earlier, why in some([([others], "it was asked with other parameters there, or on another device"), ([], "")]):
        assert [one.why_none for one in compared_answers(today, today.requests.values(), earlier)] == [why]
    cut = held("y", "one", state=RequestState.CUT)
    (found,) = compared_answers(cut, cut.requests.values(), [today])
    assert said_of_answers([found], 120)[0].endswith(": nothing to compare with: no whole answer came")


def test_what_changed_is_shown_with_what_is_around_it_in_lines_that_fit() -> None:
    before, after = LONG * 2 + "It is old.", LONG * 2 + "It is new."
    shown = difference(before, after)
    assert shown.startswith("…") and "[-old-]{+new+}" in shown and len(shown) < 80
    assert difference("a  b", "a b") == "Only white space differs."
    other = " ".join(f"word{number}" for number in range(200))
    lines = said_of_answers([Answers("phi", "Why?", 3, (2,), before=LONG * 3, after=other)], 60)
    assert lines[0] == "- phi, Why?: changed in 1 of 3 rounds, first in round 2"
    assert len(lines) == 8 and lines[-1] == "    …" and max(map(len, lines)) <= 60
    assert said_of_answers([Answers("phi", "Why?", 1)], 60) == ["- phi, Why?: same"]
