"""Selecting a model: must-haves, weights, and the front of quality against speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.sessions import request, score, session, target
from tests.support.some import some
from tui.core.conditions.grammar import parse
from tui.core.conditions.names import Use
from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.scoring.rating import Rater, RaterKind
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.session import Session
from tui.report.judging import figures_of
from tui.report.render import aggregated
from tui.report.rows import Row
from tui.report.selection import DIMENSIONS, ModelSelection, parse_weights, said_of_front, selections

MODELS = [
    target("m1", "fast", size_mb=500, licence="MIT"),
    target("m2", "good", size_mb=4000, licence="MIT"),
    target("m3", "worse", size_mb=2000, licence="other"),
]
FIRST_MS = {"m1": 100, "m2": 400, "m3": 500}
VALUES = {"m1": 3, "m2": 5, "m3": 2}


def held(mode: Mode = Mode.MEASURE) -> Session:
    """Three models on two prompts: one is fast, one is good, and one is neither."""
    runs = [(model, prompt) for model in FIRST_MS for prompt in ("p1", "p2")]
    requests = [
        request(f"{model}{prompt}", model=model, prompt=prompt, first_ms=FIRST_MS[model], mode=mode)
        for model, prompt in runs
    ]
    scores = [score(f"{model}{prompt}", VALUES[model]) for model, prompt in runs]
    return session(requests, models=MODELS, scores=scores)


def rows(*sessions: Session, requires: str = "") -> Sequence[Row]:
    conditions = parse(requires, Use.REQUIRE) if requires else ()
    return aggregated(sessions or [held()], figures=figures_of(conditions)).rows


def selected(weights: str = "", requires: str = "") -> ModelSelection:
    conditions = parse(requires, Use.REQUIRE) if requires else ()
    (only,) = selections(rows(requires=requires), conditions, parse_weights([weights]) if weights else {})
    return only


def aliases(found: ModelSelection) -> list[str]:
    return [one.row.subject.alias for one in found.models]


def test_what_weighs_more_decides_who_is_first() -> None:
    assert aliases(selected("quality=3,latency=1"))[0] == "good"
    assert aliases(selected("quality=1,latency=3"))[0] == "fast"
    assert aliases(selected("footprint=1")) == ["fast", "worse", "good"]


def test_a_share_is_the_weighted_mean_of_values_over_the_best_ones() -> None:
    found = {one.row.subject.alias: one.share for one in selected("quality=3,footprint=1").models}
    assert found["fast"] == pytest.approx((3 * 3 / 5 + 1) / 4)
    assert found["good"] == pytest.approx((3 + 500 / 4000) / 4)


def test_who_fails_a_must_have_is_last_and_named_with_the_reason() -> None:
    found = selected("quality=1", "licence = MIT, size_mb < 1 GB")
    assert aliases(found)[0] == "fast"
    assert {one.row.subject.alias: one.lacks for one in found.failing} == {
        "good": ("size_mb is 4000 MB, not < 1000",),
        "worse": ("licence is other, not = MIT", "size_mb is 2000 MB, not < 1000"),
    }
    some(one.share is None for one in found.failing)


def test_what_is_not_known_of_a_weighed_dimension_leaves_no_share() -> None:
    found = selected("memory=1,quality=1")
    assert {one.unknown for one in found.models} == {("Memory",)}
    assert {one.share for one in found.models} == {None}


def test_the_front_is_of_those_to_which_none_is_preferable() -> None:
    (front,) = selected().fronts
    ahead = {point.row.subject.alias for point, on in zip(front.points, front.ahead, strict=True) if on}
    assert ahead == {"fast", "good"}
    names = {point.row.subject: point.row.subject.alias for point in front.points}
    assert said_of_front(front, names) == (
        "Front of overall against the time of the whole answer: fast (3.00 in 0.13 s); good (5.00 in 0.43 s)."
    )


def test_the_front_of_judges_is_named_as_theirs() -> None:
    judge = Rater("j", RaterKind.JUDGE)
    scores = [score(f"{model}{prompt}", VALUES[model], rater="j") for model in FIRST_MS for prompt in ("p1", "p2")]
    (found,) = selections(rows(replace(held(), scores=scores, raters={"j": judge})))
    (front,) = found.fronts
    assert said_of_front(front, {row.subject: "m" for row in rows()}).startswith("Front of overall, by judges against")


def test_a_race_has_no_front() -> None:
    (found,) = selections(rows(held(Mode.RACE)))
    assert found.fronts[0].ahead == ()
    assert "race" in found.fronts[0].why_not


def test_raced_and_measured_rows_are_never_in_one_table() -> None:
    other = held(Mode.RACE)
    other.id = "20261122T110301Z-0002"
    assert [len(found.models) for found in selections(rows(held(), other))] == [3, 3]


def test_quality_is_weighted_by_the_rubric_and_needs_all_of_its_criteria() -> None:
    rubric = Rubric((Criterion("right", weight=3), Criterion("style", scale=9)))
    requests = [request("r1", model="m1"), request("r2", model="m2")]
    scores = [
        score("r1", 5, criterion="right"), score("r1", 1, criterion="style", scale=9), score("r2", 5, criterion="right")
    ]  # fmt: skip
    found = rows(session(requests, models=MODELS, scores=scores, rubric=rubric))
    assert {row.subject.alias: row.quality for row in found} == {"fast": 4.0, "good": None}


@pytest.mark.parametrize("text", ["qualty=3", "quality", "quality=x", "quality=-1", "latency=0", "licence=1", ""])
def test_a_wrong_weight_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="--weight"):
        parse_weights([text])


def test_all_but_the_licence_can_be_weighed() -> None:
    names = [one.name for one in DIMENSIONS if one.value is not None]
    assert list(parse_weights([",".join(f"{name}=1" for name in names)])) == names
    assert len(DIMENSIONS) == 6
