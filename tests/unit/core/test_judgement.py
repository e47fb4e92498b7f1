"""What a judge's answers make: scores, votes, and counts of how they were got."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.sessions import WHEN, request, session
from tui.core.catalog.model_card import ModelCard
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.judge_answers import understood
from tui.core.scoring.judge_questions import ScoreQuestion, assignment, relation
from tui.core.scoring.judgement import Judgement, JudgementState, judge_counts, rating_of, said_of_counts
from tui.core.scoring.rating import Rater, RaterKind, VoteChoice
from tui.core.sessions.entry_dict import add_entry, judgement_from_dict, judgement_to_dict
from tui.core.sessions.presentation import PaneOrder
from tui.core.sessions.session import Session
from tui.core.sessions.summary import summary_of

JUDGE = ModelCard("phi-4-cpu:1", "phi-4")


def said(*runs: str, state: JudgementState = JudgementState.DECIDED, **facts: Any) -> Judgement:
    criterion = {"criterion": "overall"} if len(runs) == 1 else {}
    return Judgement(runs, "judge", state, WHEN, **criterion, **facts)


def heard(kept: Session, *made: Judgement) -> None:
    for one in made:
        rating = rating_of(kept, one)
        for entry in (one, rating) if rating is not None else (one,):
            add_entry(kept, entry)


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [("r1", "r1", "r1"), ("r1", "r2", None), ("", "", None), ("r1", "", None), ("", "r2", None)],
)
def test_a_pair_has_a_vote_only_where_both_orders_name_the_same_answer(
    first: str, second: str, winner: str | None
) -> None:
    kept = session([request("r1"), request("r2", model="m2")])
    heard(kept, said("r1", "r2", better=first))
    assert kept.votes == [], "one order alone decides nothing"
    heard(kept, said("r2", "r1", better=second))
    assert [one.winner for one in kept.votes] == ([winner] if winner else [])


def test_a_vote_is_taken_back_when_the_judge_says_something_else_the_next_time() -> None:
    kept = session([request("r1"), request("r2", model="m2")])
    heard(kept, said("r1", "r2", better="r1"), said("r2", "r1", better="r1"))
    assert [one.choice for one in in_effect(kept).votes.values()] == [VoteChoice.WINNER]
    heard(kept, said("r1", "r2", better="r2"))
    assert not in_effect(kept).votes
    heard(kept, said("r2", "r1", better="r2"))
    assert [one.winner for one in in_effect(kept).votes.values()] == ["r2"]


def test_of_a_question_that_was_asked_twice_the_latest_answer_counts() -> None:
    refused = said("r1", state=JudgementState.REFUSED)
    counts = judge_counts([
        refused, said("r1", value=4, retried="no JSON", schema=True), said("r2", state=JudgementState.UNUSABLE),
        said("r1", "r2", better="r1"), said("r2", "r1", better="r2"), said("r1", "r3", better="r1"),
    ])  # fmt: skip
    assert (counts.scores, counts.pairs, counts.flipped, counts.retried) == (1, 1, 1, 1)
    assert (counts.refused, counts.unusable, counts.schema, counts.questions) == (0, 1, 1, 5)
    assert said_of_counts(counts) == "1 score, flips 1 of 1, 1 after a retry, 1 no verdict, 4 by prompt, not schema"


def test_what_is_decided_is_not_asked_again() -> None:
    kept = session([request("r1"), request("r2", model="m2")])
    first = assignment(kept, JUDGE, pairs=True)
    assert [one.judgement[0] for one in first.questions] == [("r1", "r2"), ("r2", "r1")]
    kept.raters[first.judge.id] = first.judge
    heard(kept, replace(said("r1", "r2", better=""), rater=first.judge.id))
    left = assignment(kept, JUDGE, pairs=True)
    assert [one.judgement[0] for one in left.questions] == [("r2", "r1")], "the other order alone"
    assert len(assignment(kept, JUDGE, pairs=True, again=True).questions) == 2


@pytest.mark.parametrize(
    ("judged", "is_"),
    [
        (ModelCard("phi-4-gpu:2", "phi-4"), "itself"),
        (ModelCard("phi-4-cpu:1", "other"), "itself"),
        (ModelCard("Phi-3.5-mini", "phi-3.5-mini"), "family"),
        (ModelCard("qwen2.5-0.5b", "qwen2.5-0.5b"), ""),
    ],
)
def test_a_judge_is_partial_to_itself_and_its_family(judged: ModelCard, is_: str) -> None:
    assert relation(JUDGE.id, JUDGE.alias, judged) == is_


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ('{"reason": "x", "score": 6}', "less than or equal to 5, not 6"),
        ('{"reason": "x", "score": "5"}', "score: input should be a valid integer"),
        ('{"reason": "x", "score": 5, "more": 1}', "more: extra inputs are not permitted"),
        ('{"score": 5}', "reason: field required"),
        ('Here: {"reason": "x", "score": 5}', "invalid json"),
        ('{"reason": "\ud800", "score": 5}', ""),
        ("[" * 5000, "invalid json"),
        ("", "invalid json"),
    ],
)  # fmt: skip
def test_an_answer_is_read_strictly(answer: str, why: str) -> None:
    (question,) = assignment(session([request("r1")]), JUDGE, pairs=False).questions
    assert isinstance(question, ScoreQuestion)
    with pytest.raises(ValueError, match=why or "."):
        understood(question, answer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"runs": []}, {"runs": ["r1", "r2"], "criterion": "overall"}, {"value": 6}, {"value": None}, {"better": "r1"},
        {"state": "undecided"}, {"runs": ["r1", "r1"], "criterion": None}, {"state": "refused"},
    ],
)  # fmt: skip
def test_a_judgement_that_makes_no_sense_is_not_read(wrong: dict[str, Any]) -> None:
    table = judgement_to_dict(said("r1", value=5))
    assert judgement_from_dict(table) == said("r1", value=5)
    merged = {key: one for key, one in (table | wrong).items() if one is not None}
    with pytest.raises(ValueError, match=r"."):
        judgement_from_dict(merged)


def test_in_a_list_of_sessions_a_judge_of_a_hidden_one_is_not_called_by_its_models_name() -> None:
    kept = session([request("r1"), request("r2", model="m2")])
    kept.raters |= {"ann": Rater("ann"), "judge phi-4": Rater("judge phi-4", RaterKind.JUDGE, "phi-4-cpu:1")}
    assert summary_of(kept).raters[-2:] == ("ann", "judge phi-4")
    kept.orders = [PaneOrder("measure", "p1", ("m2", "m1"), WHEN, seed=7, blind=True)]
    hidden = summary_of(kept)
    assert hidden.concealed and hidden.raters[-2:] == ("ann", "judge")
    assert set(hidden.models) == {"hidden"} and hidden.hosts == () and hidden.states == {}
