"""In which order several models stand in a report, in words and as JSON."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from itertools import permutations

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tui.core.sessions.session import Session
from tui.report.aggregate import aggregate, matches_of
from tui.report.candidate_names import names_of
from tui.report.formats import json as to_json
from tui.report.formats import markdown as to_markdown
from tui.report.orders import orders, said_of_order
from tui.report.statistics.ranking import BRADLEY_TERRY, WIN_TOTALS

Scores = Mapping[str, Mapping[int, int]]
"""By model: the score on each prompt."""


def scored(scores: Scores, session_id: str = "s") -> Session:
    """A session in which these models were asked these prompts, and one person scored them."""
    requests = [
        make.request(f"{model}-{prompt}", model=model, prompt=f"p{prompt}")
        for model, by_prompt in scores.items()
        for prompt in by_prompt
    ]
    given = [
        make.score(f"{model}-{prompt}", value)
        for model, by_prompt in scores.items()
        for prompt, value in by_prompt.items()
    ]
    return make.session(requests, session_id=session_id, scores=given)


def every(values: Sequence[int], n: int = 8) -> Scores:
    return {f"m{number}": dict.fromkeys(range(n), value) for number, value in enumerate(values, 1)}


def sentences(*sessions: Session) -> list[str]:
    matches = matches_of(sessions)
    names = names_of(matches.candidates)
    return [said_of_order(order, names) for order in orders(matches.pairs)]


def test_models_that_are_told_apart_follow_one_another() -> None:
    assert sentences(scored(every((2, 5, 3)))) == [
        "overall, pair by pair: won model-m2 16 of 16, model-m3 8 of 16, model-m1 0 of 16; "
        "model-m2 first; then model-m3; then model-m1 (n 8, win totals)"
    ]


def test_models_that_cannot_be_told_apart_are_tied() -> None:
    assert sentences(scored(every((3, 3, 3)))) == [
        "overall, pair by pair: won model-m1 8 of 16, model-m2 8 of 16, model-m3 8 of 16; "
        "model-m1, model-m2 and model-m3 cannot be told apart yet (n 8, win totals)"
    ]
    assert sentences(scored(every((5, 3, 3)))) == [
        "overall, pair by pair: won model-m1 16 of 16, model-m2 4 of 16, model-m3 4 of 16; "
        "model-m1 first; then model-m2 and model-m3, not told apart (n 8, win totals)"
    ]


def test_six_prompts_put_three_models_into_no_order() -> None:
    assert sentences(scored(every((2, 5, 3), 6)))[0].endswith("; too few prompts for an order (n 6, at least 7)")


def test_two_models_have_a_verdict_and_no_order() -> None:
    assert sentences(scored(every((2, 5)))) == []


def partly(seed: int = 1, n: int = 24) -> dict[str, dict[int, int]]:
    draw = random.Random(seed)
    levels = {"m1": 2.0, "m2": 3.0, "m3": 3.2}
    return {
        model: {
            prompt: min(5, max(1, round(draw.gauss(level, 1))))
            for prompt in range(n)
            if (prompt + number) % 3 or number > 2
        }
        for number, (model, level) in enumerate(levels.items())
    }


def test_where_not_all_answered_all_the_order_is_that_of_strengths() -> None:
    (order,) = orders(matches_of([scored(partly())]).pairs)
    assert order.ranking.method == BRADLEY_TERRY and order.ranking.prompts < 25
    assert len(order.ranking.differences) == 3


def test_who_never_won_has_no_place_and_is_named() -> None:
    worst = {**partly(), "m4": dict.fromkeys(range(12), 1)}
    worst["m1"] = {prompt: max(2, value) for prompt, value in worst["m1"].items()}
    worst["m2"] = {prompt: max(2, value) for prompt, value in worst["m2"].items()}
    worst["m3"] = {prompt: max(2, value) for prompt, value in worst["m3"].items()}
    (sentence,) = sentences(scored(worst))
    assert ", model-m4 0 of " in sentence and sentence.endswith("; no order: model-m4 never won")


def test_groups_that_never_met_are_named_and_so_are_those_that_never_lost() -> None:
    apart = [
        scored({"m1": {1: 3, 2: 4}, "m2": {1: 4, 2: 3}}, "one"),
        scored({"m3": {8: 3, 9: 4}, "m4": {8: 4, 9: 3}}, "two"),
    ]
    assert sentences(*apart)[0].endswith("no order: never compared: model-m1 and model-m2 with model-m3 and model-m4")
    pairs = {"m1": {1: 5, 2: 4, 3: 5}, "m2": {1: 4, 2: 5, 3: 4}, "m3": {4: 2, 5: 1, 3: 2}, "m4": {4: 1, 5: 2}}
    assert sentences(scored(pairs))[0].endswith(
        "no order: none ever lost to a later one: model-m1 and model-m2, model-m3 and model-m4"
    )


def test_neither_the_order_of_files_nor_a_session_cut_in_two_changes_anything() -> None:
    scores = partly(3)
    whole = orders(matches_of([scored(scores)]).pairs)
    parts = [
        {model: {p: value for p, value in given.items() if p % 2 == half} for model, given in scores.items()}
        for half in (0, 1)
    ]
    halves = [scored(part, f"s{number}") for number, part in enumerate(parts)]
    for files in some(permutations(halves)):
        assert orders(matches_of(files).pairs) == whole


def test_every_report_has_the_order() -> None:
    report = aggregate([scored(every((2, 5, 3)))])
    shown = " ".join(to_markdown.render(report).split())
    assert (
        "Order by overall, pair by pair: won model-m2 16 of 16, model-m3 8 of 16, model-m1 0 of 16; model-m2 first;"
        in shown
    )
    (order,) = json.loads(to_json.render(report))["orders"]
    assert (order["method"], order["prompts"], order["least_prompts"]) == (WIN_TOTALS, 8, 7)
    assert order["tiers"] == [["model-m2"], ["model-m3"], ["model-m1"]]
    assert [standing["model"]["alias"] for standing in order["standings"]] == ["model-m2", "model-m3", "model-m1"]
    assert [(standing["wins"], standing["total"]) for standing in order["standings"]] == [(16, 16), (8, 8), (0, 0)]
    assert all(found["apart"] and found["low"] == found["effect"] for found in some(order["differences"]))
    assert order["no_order"] is None and order["sentence"].startswith("overall, pair by pair: won model-m2 16 of 16")


@pytest.mark.parametrize("scores", [partly(), every((2, 5, 3), 1)], ids=["strengths", "one prompt"])
def test_what_is_not_known_is_null(scores: Scores) -> None:
    (order,) = json.loads(to_json.render(aggregate([scored(scores)])))["orders"]
    assert all((found["low"] is None) == (order["prompts"] == 1) for found in some(order["differences"]))
