"""Which answers and scores conditions leave, and what is said of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sessions import WHEN, request, score, session, target
from tui.core.conditions.compare import number_holds, text_holds
from tui.core.conditions.filters import Filtered, filtered_session
from tui.core.conditions.grammar import Operator, parse
from tui.core.conditions.names import Use
from tui.core.plans.mode import Mode
from tui.core.plans.prompt import Prompt
from tui.core.requests.memory_use import MemoryUse
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import FacetTick, Rater, RaterKind, Vote, VoteChoice
from tui.core.sessions.session import Session

PHI = target("m1", "phi", id="phi-generic-gpu:2", device="GPU", variant="generic-gpu", licence="MIT", size_mb=2000)
QWEN = target("m2", "qwen", host="demo", id="qwen-cpu:1", device="CPU")
PROMPTS = (Prompt("What is RAG?", key="p1", tags=("rag", "short")), Prompt("Sum, please", key="p2"))


def held() -> Session:
    """Two models, two prompts, scores of two people."""
    requests = [
        request("r1", model="m1", prompt="p1", first_ms=100),
        request("r2", model="m1", prompt="p2", first_ms=300),
        request("r3", model="m2", prompt="p1", first_ms=500),
        request("r4", model="m2", prompt="p2", state=RequestState.FAILED),
        request("r5", model="m2", prompt="p2", mode=Mode.RACE, first_ms=900),
        request("r0", model="m1", prompt="p1", warmup=True),
    ]
    scores = [score("r1", 5), score("r1", 2, rater="bob"), score("r3", 3), score("r3", 1, criterion="style")]
    return session(requests, models=[PHI, QWEN], prompts=PROMPTS, scores=scores)


def left(text: str) -> tuple[Session, Filtered]:
    """The session that a filter leaves."""
    conditions = parse(text, Use.FILTER)
    tally = Filtered(conditions)
    only = filtered_session(held(), conditions, tally)
    return only, tally


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("model = phi", "r1 r2 r0"), ("model = phi-generic-gpu", "r1 r2 r0"),
        ("model = PHI-generic-gpu:2", "r1 r2 r0"), ("model = phi@gpu", "r1 r2 r0"),
        ("model = phi@cpu", ""), ("model != phi", "r3 r4 r5"),
        ("model = q*", "r3 r4 r5"), ("device = gpu", "r1 r2 r0"), ("host = demo", "r3 r4 r5"), ("mode = race", "r5"),
        ("mode != race", "r1 r2 r3 r4 r0"), ("variant = generic-gpu", "r1 r2 r0"), ("variant != generic-gpu", ""),
        ("prompt = p2", "r2 r4 r5"), ("prompt = what is rag?", "r1 r3 r0"), ("prompt = 'Sum, *'", "r2 r4 r5"),
        ("tag = rag", "r1 r3 r0"), ("tag != rag", "r2 r4 r5"),
        ("licence = MIT", "r1 r2 r0"), ("licence != MIT", ""), ("size_mb < 3 GB", "r1 r2 r0"), ("size_mb >= 3 GB", ""),
        ("ttft_ms < 400", "r1 r2 r0"), ("ttft_ms < 400, ttft_ms > 200", "r2"), ("ttft_ms > 0", "r1 r2 r3 r5 r0"),
        ("quality >= 3", "r1"), ("quality[overall] >= 3", "r1 r3"), ("quality[style] < 2", "r3"),
        ("quality[x] > 0", ""), ("memory_mb > 0", ""),
    ],
)  # fmt: skip
def test_the_answers_that_are_left(text: str, runs: str) -> None:
    only, tally = left(text)
    assert set(only.requests) == set(runs.split())
    assert tally.kept == len(set(only.requests) - {"r0"})
    assert tally.kept + tally.left_out == 5
    assert {one.run for one in only.scores} <= set(only.requests)


def test_memory_is_in_mb() -> None:
    heavy = request("r1")
    heavy.memory = MemoryUse(resident_peak=3_000_000_000)
    for text, count in (("memory_mb > 2999", 1), ("memory_mb > 3 GB", 0), ("memory_mb = 3 GB", 1)):
        conditions = parse(text, Use.FILTER)
        only = filtered_session(session([heavy]), conditions, Filtered(conditions))
        assert len(only.requests) == count


@pytest.mark.parametrize(("text", "raters"), [("rater = ann", ["ann"] * 3), ("rater != ann", ["bob"])])
def test_raters_choose_scores_and_leave_answers(text: str, raters: list[str]) -> None:
    only, tally = left(text)
    assert only.requests.keys() == held().requests.keys()
    assert [one.rater for one in only.scores] == raters
    assert tally.sentence() == f"Only what has {text} is counted: 5 of 5 runs, {len(raters)} of 4 scores."


def test_the_tags_of_a_session_are_those_of_all_its_answers() -> None:
    whole = held()
    whole.tags = ("workshop",)
    conditions = parse("tag = workshop, tag = rag", Use.FILTER)
    only = filtered_session(whole, conditions, Filtered(conditions))
    assert set(only.requests) == {"r1", "r3", "r0"}


def test_what_a_judge_gave_is_no_quality() -> None:
    whole = held()
    whole.raters = {"bob": Rater("bob", RaterKind.JUDGE, "phi")}
    conditions = parse("quality = 5", Use.FILTER)
    only = filtered_session(whole, conditions, Filtered(conditions))
    assert set(only.requests) == {"r1"}, "the judge gave 2, which would make a mean of 3.5"


def test_votes_and_ticks_on_answers_that_are_left_out_go_with_them() -> None:
    whole = held()
    whole.facets = [FacetTick("r3", "chunks", rater, True, WHEN) for rater in ("ann", "bob")]
    whole.votes = [Vote(("r1", "r3"), rater, VoteChoice.BOTH_GOOD, WHEN) for rater in ("ann", "bob")]
    for text, count in (("model = phi", 0), ("prompt = p1", 2), ("rater = ann", 1)):
        conditions = parse(text, Use.FILTER)
        only = filtered_session(whole, conditions, Filtered(conditions))
        assert len(only.votes) == count
        assert len(only.facets) == count


def test_a_quality_is_made_of_the_scores_of_the_raters_that_are_left() -> None:
    only, _ = left("rater = bob, quality <= 2")
    assert set(only.requests) == {"r1"}


def test_what_is_not_known_is_left_out_and_counted() -> None:
    _, tally = left("licence != MIT")
    assert tally.sentence() == "Only what has licence != MIT is counted: 0 of 5 runs; of 3 the licence is not known."
    _, tally = left("ttft_ms < 400, ttft_ms > 50")
    assert tally.sentence().endswith("is counted: 2 of 5 runs; of 1 the ttft_ms is not known.")


def test_what_there_is_instead_is_named() -> None:
    _, tally = left("model = fie")
    assert tally.why_nothing() == (
        "Only what has model = fie is counted: 0 of 5 runs.",
        "In these sessions model is phi-generic-gpu:2, qwen-cpu:1.",
    )


@pytest.mark.parametrize(("count", "says"), [(8, "model-m7-generic-cpu:1."), (9, "model-m7-generic-cpu:1, ….")])
def test_of_many_that_there_are_the_first_are_named(count: int, says: str) -> None:
    conditions = parse("model = fie", Use.FILTER)
    tally = Filtered(conditions)
    whole = session([request(f"r{number}", model=f"m{number}") for number in range(count)])
    filtered_session(whole, conditions, tally)
    assert tally.why_nothing()[1].endswith(says)


def test_a_session_is_left_as_it_was() -> None:
    whole = held()
    requests, scores = dict(whole.requests), list(whole.scores)
    conditions = parse("model = phi, rater = bob", Use.FILTER)
    filtered_session(whole, conditions, Filtered(conditions))
    assert (whole.requests, whole.scores) == (requests, scores)


TEXT = st.text("ab*", max_size=8)


@given(TEXT, TEXT)
def test_a_star_stands_for_any_characters(text: str, pattern: str) -> None:
    like = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
    assert text_holds(Operator.EQUAL, [text.upper()], pattern) is like
    assert text_holds(Operator.UNEQUAL, [text], pattern) is not like


def test_a_pattern_of_many_stars_takes_no_time_to_speak_of() -> None:
    assert not text_holds(Operator.EQUAL, ["a" * 1_000_000], "a*" * 1_000 + "b")


@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(0, 3))
def test_each_operator_is_another_ones_opposite(number: int, low: int, width: int) -> None:
    def holds(operator: Operator) -> bool:
        return number_holds(operator, number, low, low + width)

    assert holds(Operator.EQUAL) is not holds(Operator.UNEQUAL)
    assert holds(Operator.LESS) is not holds(Operator.AT_LEAST)
    assert holds(Operator.MORE) is not holds(Operator.AT_MOST)
    assert holds(Operator.EQUAL) is (holds(Operator.AT_MOST) and holds(Operator.AT_LEAST))


@pytest.mark.parametrize(
    ("operator", "held"),
    [("=", [0, 1, 0]), ("!=", [1, 0, 1]), ("<", [1, 0, 0]), ("<=", [1, 1, 0]), (">", [0, 0, 1]), (">=", [0, 1, 1])],
)
def test_a_number_is_compared_with_a_limit(operator: Any, held: list[int]) -> None:
    assert [number_holds(Operator(operator), number, 5, 5) for number in (4.0, 5.0, 6.0)] == [bool(one) for one in held]
