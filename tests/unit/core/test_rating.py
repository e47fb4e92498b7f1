"""Scores and notes are only ever added; the latest one counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.support.sessions import WHEN, request, score, session
from tui.core.requests.request import RequestState
from tui.core.scoring.in_effect import RatingsOf, in_effect
from tui.core.scoring.rating import (
    Note,
    Score,
    can_be_scored,
    last_criterion,
    next_criterion,
    undecided,
)
from tui.core.scoring.rubric import DEFAULT_RUBRIC, OVERALL, Criterion, Rubric

STYLE = Criterion("style")
BOTH = Rubric((*DEFAULT_RUBRIC, STYLE))


def current_scores(scores: list[Score]) -> Mapping[tuple[str, str, str], Score]:
    return in_effect(session([], scores=scores)).scores


def test_the_latest_score_wins() -> None:
    scores = [score("r1", 2), score("r1", 5), score("r1", 3)]
    assert {key: found.value for key, found in current_scores(scores).items()} == {("r1", "ann", "overall"): 3}


def test_latest_means_last_entered_not_latest_clock() -> None:
    scores = [score("r1", 2, at=WHEN + timedelta(hours=1)), score("r1", 4, at=WHEN)]
    assert current_scores(scores)["r1", "ann", "overall"].value == 4


def test_runs_raters_and_criteria_are_scored_apart() -> None:
    scores = [score("r1", 1), score("r2", 2), score("r1", 3, rater="bob"), score("r1", 4, criterion="style")]
    assert {key: found.value for key, found in current_scores(scores).items()} == {
        ("r1", "ann", "overall"): 1,
        ("r2", "ann", "overall"): 2,
        ("r1", "bob", "overall"): 3,
        ("r1", "ann", "style"): 4,
    }


def test_a_score_taken_back_is_gone_until_given_again() -> None:
    taken_back = [score("r1", 2), score("r1", None)]
    assert current_scores(taken_back) == {}
    assert current_scores([*taken_back, score("r1", 5)])["r1", "ann", "overall"].value == 5
    assert current_scores([]) == {}


def test_the_latest_note_counts_and_an_empty_one_takes_it_back() -> None:
    first, second = Note("r1", "ann", "fine", WHEN), Note("r1", "ann", "no, wrong", WHEN)
    other = Note("r1", "bob", "short", WHEN)
    notes = in_effect(session([], notes=[first, other, second])).notes
    assert notes == {("r1", "", "ann"): second, ("r1", "", "bob"): other}
    assert in_effect(session([], notes=[first, Note("r1", "ann", "", WHEN)])).notes == {}


def test_ratings_of_one_rater_follow_the_session_and_leave_what_was_read_before() -> None:
    kept = session([], scores=[score("r1", 2), score("r1", 3, rater="bob")])
    scores, notes = kept.scores, kept.notes
    mine = RatingsOf(kept, "ann")
    before = mine.scores_of("r1")
    assert (mine.score_of("r1"), mine.score_of("r2"), mine.note_of("r1")) == (2, None, "")
    scores += [score("r1", 5), score("r1", 4, criterion="style")]
    notes.append(Note("r1", "ann", "fine", WHEN))
    assert (mine.score_of("r1"), mine.score_of("r1", "style"), mine.note_of("r1")) == (5, 4, "fine")
    assert before[OVERALL].value == 2
    scores.append(score("r1", None))
    assert mine.score_of("r1") is None and list(mine.scores_of("r1")) == ["style"]


@pytest.mark.parametrize(
    ("state", "answer", "warmup", "scored"),
    [
        (RequestState.DONE, ["yes"], False, True),
        (RequestState.STOPPED, ["ye"], False, True),
        (RequestState.DONE, [], False, False),
        (RequestState.RUNNING, ["ye"], False, False),
        (RequestState.DONE, ["yes"], True, False),
    ],
)
def test_what_can_be_scored_is_an_answer_that_has_ended_and_is_no_warm_up_s(
    state: RequestState, answer: list[str], warmup: bool, scored: bool
) -> None:
    one = request("r1", state=state, answer=answer, warmup=warmup)
    assert can_be_scored(one) is bool(undecided(one, {}, DEFAULT_RUBRIC)) is scored
    assert undecided(one, {OVERALL: score("r1", 4)}, DEFAULT_RUBRIC) == ()


def test_an_answer_is_undecided_until_it_has_a_score_for_each_criterion_of_the_rubric() -> None:
    one = request("r1")
    overall, style = {OVERALL: score("r1", 4)}, {"style": score("r1", 2, criterion="style")}
    assert [undecided(one, given, BOTH) for given in ({}, overall, style, overall | style)] == [
        BOTH.criteria,
        (STYLE,),
        DEFAULT_RUBRIC.criteria,
        (),
    ]
    assert undecided(one, style, Rubric((STYLE,))) == (), "what the rubric does not ask for is not missed"


def test_a_note_and_the_score_of_another_rater_decide_nothing() -> None:
    kept = session([], scores=[score("r1", 3, rater="bob")], notes=[Note("r1", "ann", "fine", WHEN)])
    mine = RatingsOf(kept, "ann")
    assert undecided(request("r1"), mine.scores_of("r1"), DEFAULT_RUBRIC) == DEFAULT_RUBRIC.criteria


def test_scores_are_given_in_the_order_of_the_rubric_and_taken_back_from_its_end() -> None:
    overall, style = {OVERALL: score("r1", 4)}, {"style": score("r1", 2, criterion="style")}
    every = ({}, overall, style, overall | style)
    assert [next_criterion(given, BOTH).id for given in every] == [OVERALL, "style", OVERALL, "style"]
    assert [last_criterion(given, BOTH).id for given in every] == [OVERALL, OVERALL, "style", "style"]
