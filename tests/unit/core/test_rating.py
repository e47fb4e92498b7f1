"""Scores and notes are only ever added; the latest one counts."""

from __future__ import annotations

from datetime import timedelta

from tests.support.sessions import WHEN, score
from tui.core.scoring.rating import Note, current_notes, current_scores


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
