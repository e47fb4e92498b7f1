"""Scores and notes are only ever added; the latest one counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.sessions import WHEN, request, score
from tui.core.requests.request import RequestState
from tui.core.scoring import rating
from tui.core.scoring.rating import (
    OVERALL,
    Note,
    RatingsOf,
    Score,
    can_be_scored,
    current_notes,
    current_scores,
    is_unscored,
    last_criterion,
    next_criterion,
)


def test_each_criterion_is_there_once_and_that_of_older_sessions_is_one_of_them() -> None:
    assert len(set(rating.CRITERIA)) == len(rating.CRITERIA)
    assert OVERALL in rating.CRITERIA


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
    assert current_notes([first, other, second]) == {("r1", "ann"): second, ("r1", "bob"): other}
    assert current_notes([first, Note("r1", "ann", "", WHEN)]) == {}


def test_ratings_of_one_rater_follow_the_session_and_leave_what_was_read_before() -> None:
    scores: list[Score] = [score("r1", 2), score("r1", 3, rater="bob")]
    notes: list[Note] = []
    mine = RatingsOf(scores, notes, "ann")
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
@pytest.mark.usefixtures("one_criterion")
def test_what_can_be_scored_is_an_answer_that_has_ended_and_is_no_warm_up_s(
    state: RequestState, answer: list[str], warmup: bool, scored: bool
) -> None:
    one = request("r1", state=state, answer=answer, warmup=warmup)
    assert can_be_scored(one) is is_unscored(one, {}) is scored
    assert not is_unscored(one, {OVERALL: score("r1", 4)})


def test_another_criterion_is_one_more_word_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating, "CRITERIA", (OVERALL, "style"))
    overall, style = {OVERALL: score("r1", 4)}, {"style": score("r1", 2, criterion="style")}
    assert is_unscored(request("r1"), overall) and not is_unscored(request("r1"), overall | style)
    assert [next_criterion(given) for given in ({}, overall, style, overall | style)] == [
        OVERALL,
        "style",
        OVERALL,
        "style",
    ]
    assert [last_criterion(given) for given in ({}, overall, overall | style)] == [OVERALL, OVERALL, "style"]
