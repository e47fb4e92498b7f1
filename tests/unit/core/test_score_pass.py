"""What a score pass goes through, in which order, and what comes after what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.reviewed import MODELS, TWO_CRITERIA, to_review
from tests.support.sessions import WHEN, request, score
from tests.support.some import some
from tui.core.plans.plan import Plan
from tui.core.plans.questions import PlanQuestion
from tui.core.requests.request import RequestState
from tui.core.scoring.in_effect import RatingsOf, latest_ratings
from tui.core.scoring.rating import Undo
from tui.core.scoring.score_pass import ScoreItem, following, left_of, pass_seed, score_items
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.presentation import ScorePassOrder


def test_items_come_as_they_were_asked_with_the_criteria_of_an_answer_together() -> None:
    items = score_items(to_review(prompts=2))
    assert items[:4] == [("r1", "accuracy"), ("r1", "style"), ("r2", "accuracy"), ("r2", "style")]
    assert [item.run for item in items[::2]] == [f"r{number}" for number in range(1, 7)]


@given(st.integers(0, 1 << 31))
def test_a_seed_has_one_order_of_its_own_which_further_answers_do_not_change(seed: int) -> None:
    items, fewer = score_items(to_review(prompts=4), seed), score_items(to_review(prompts=3), seed)
    assert sorted(items) == sorted(score_items(to_review(prompts=4)))
    runs = [item.run for item in items]
    assert runs[::2] == runs[1::2], "the criteria of an answer stay together"
    kept = set(fewer)
    assert [item for item in items if item in kept] == fewer


def test_seeds_differ_in_their_orders() -> None:
    session = to_review()
    assert len({tuple(score_items(session, seed)) for seed in range(20)}) == 20


def test_within_a_question_the_order_is_that_of_the_panes() -> None:
    def shuffled(plan: Plan, question: PlanQuestion) -> Sequence[str]:
        return plan.models[::-1] if question.prompt == "p2" else plan.models

    items = score_items(to_review(prompts=2), None, shuffled)
    assert [item.run for item in items[::2]] == ["r1", "r2", "r3", "r6", "r5", "r4"]


def test_what_cannot_be_scored_or_was_asked_again_is_no_item() -> None:
    session = to_review(prompts=2)
    session.requests["r2"] = request("r2", model="m2", prompt="p1", state=RequestState.EMPTY)
    session.requests["r9"] = request("r9", model="m1", prompt="p1", launch=2)
    runs = [item.run for item in score_items(session)]
    assert "r2" not in runs and "r1" not in runs and runs.count("r9") == len(TWO_CRITERIA.criteria)


def test_the_next_item_is_the_one_after_and_then_the_first_that_is_left() -> None:
    session = to_review(prompts=1)
    items = score_items(session)
    session.scores += [score("r1", 4, criterion="style"), score("r3", 1, criterion="style")]
    complete_entries(session)
    left = left_of(items, RatingsOf(session, "ann").scores_of)
    assert following(items, left, None) == ScoreItem("r1", "accuracy")
    assert following(items, left, ScoreItem("r1", "style")) == ScoreItem("r2", "accuracy")
    assert following(items, left, ScoreItem("r3", "style")) == ScoreItem("r1", "accuracy")
    assert following(items, [], None) is None


def test_each_rater_has_an_order_of_their_own_and_the_last_one_counts() -> None:
    session = to_review()
    session.pass_orders += [ScorePassOrder("ann", WHEN, 3), ScorePassOrder("bob", WHEN), ScorePassOrder("ann", WHEN, 8)]
    assert [pass_seed(session, rater) for rater in ("ann", "bob", "eve")] == [8, None, None]


def test_the_last_decisions_are_those_that_count_the_newest_first() -> None:
    session = to_review()
    session.scores += [score(f"r{number}", 3, criterion="style") for number in range(1, 13)]
    session.scores.append(score("r1", 1, rater="bob"))
    complete_entries(session)
    session.undos.append(replace(Undo(12, "ann", WHEN), entry=14))
    found = some(latest_ratings(session, "ann", 10))
    assert [one.entry for one in found] == list(range(11, 1, -1))
    assert len(MODELS) == 3
