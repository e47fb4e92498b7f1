"""Where the models of a session stand: counts first, the verdict after, and what speaks for which."""

from __future__ import annotations

import pytest

from tests.support.reviewed import to_review
from tests.support.sessions import WHEN, score
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.scoring.rating import FacetTick, Vote, VoteChoice
from tui.core.scoring.rubric import DEFAULT_RUBRIC
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.session import Session
from tui.report.selection import DIMENSIONS
from tui.report.standing import standing
from tui.ui.report.wanted import Wanted
from tui.ui.report.wanted_options import asked_of


def scored(prompts: int, models: int = 2, ahead: int | None = None, session: Session | None = None) -> Session:
    """A session whose first model is two points ahead on the first `ahead` prompts, and level on the others."""
    made = session or to_review(prompts, models)
    for place in range(prompts):
        better = ahead is None or place < ahead
        for column in range(models):
            value = 5 if column == 0 and better else 3
            made.scores.append(score(f"r{1 + place * models + column}", value, criterion="accuracy"))
    complete_entries(made)
    return made


def test_counts_stand_before_the_verdict_and_few_prompts_are_too_few() -> None:
    said = standing(scored(4, ahead=3), "ann", growing=True)
    assert said.row == (
        "Accuracy: qwen2.5-0.5b higher than phi-4-mini on 3 of 4 prompts, equal on 1; "
        "too few (about 3 more prompts)"
    )  # fmt: skip
    assert said.brief == "Accuracy: qwen2.5-0.5b ahead of phi-4-mini on 3 of 4, equal on 1; too few"
    assert said.short == "Accuracy: qwen2.5-0.5b 3:0 phi-4-mini, 1 equal; too few"


@pytest.mark.parametrize(("prompts", "may_stop"), [(7, False), (8, True)])
def test_one_may_stop_only_by_the_rule_for_looking_often(prompts: int, may_stop: bool) -> None:
    growing = standing(scored(prompts), "ann", growing=True)
    assert growing.row.endswith("qwen2.5-0.5b better; you may stop") is may_stop
    assert growing.short.endswith("you may stop") is may_stop
    assert growing.stated[0].sentences[0][1].startswith("you may stop" if may_stop else "go on")
    assert growing.plain[0].endswith("You may stop.") is may_stop
    done = standing(scored(prompts), "ann", growing=False)
    assert "stop" not in done.row and "stop" not in done.stated[0].sentences[0][1], "nothing more is to come"
    assert done.row.endswith("qwen2.5-0.5b better")


def test_only_what_this_rater_said_counts() -> None:
    session = scored(3)
    session.scores += [score("r1", 1, criterion="style", rater="bob"), score("r2", 5, criterion="style", rater="bob")]
    session.votes.append(Vote(("r3", "r4"), "bob", VoteChoice.BOTH_BAD, WHEN))
    complete_entries(session)
    assert [one.figure for one in standing(session, "ann", growing=True).stated] == ["Accuracy"]
    others = standing(session, "bob", growing=True)
    assert [one.figure for one in others.stated] == ["preference", "Style"] or [
        one.figure for one in others.stated
    ] == ["Style", "preference"]
    assert standing(session, "eve", growing=True).row == ""


def test_of_several_models_the_row_is_on_the_first_and_the_one_nearest_to_it() -> None:
    session = to_review(3, 3)
    for place in range(3):
        for column, value in enumerate((1, 4, 5)):
            session.scores.append(score(f"r{1 + place * 3 + column}", value, criterion="style"))
    complete_entries(session)
    said = standing(session, "ann", growing=True)
    assert said.row.startswith("Style: mistral-7b higher than phi-4-mini on 3 of 3 prompts; too few")
    assert said.brief == "Style: mistral-7b ahead of phi-4-mini on 3 of 3; too few; 1 more in S"
    assert said.row.endswith("; 1 more in S") and said.short == "Style: mistral-7b 3:0 phi-4-mini; too few; 1 more in S"
    assert len(said.stated[0].sentences) == 3
    assert said.need.startswith("Three models need 7 prompts at least for any verdict")


def test_the_one_criterion_of_a_session_without_a_rubric_is_not_named() -> None:
    session = to_review(2, 2, DEFAULT_RUBRIC)
    session.scores += [score("r1", 5), score("r2", 2)]
    complete_entries(session)
    assert standing(session, "ann", growing=True).row.startswith("qwen2.5-0.5b higher than phi-4-mini on 1 of 1 prompt")


def test_the_six_dimensions_stand_in_the_table_of_every_report_with_must_haves_and_weights() -> None:
    session = scored(2, 2)
    session.facets += [
        FacetTick("r1", "search", "ann", True, WHEN),
        FacetTick("r1", "sources", "ann", False, WHEN),
        FacetTick("r3", "search", "ann", True, WHEN),
    ]
    complete_entries(session)
    said = standing(session, "ann", growing=True)
    (section,) = said.choice
    ((_, (headings, rows)),) = section.tables
    assert list(headings) == ["", *(one.title for one in DIMENSIONS)]
    found = {row[0].split()[1]: dict(zip(headings, row, strict=True)) for row in some(rows)}
    assert {name: one["On disk"] for name, one in found.items()} == {"phi-4-mini": "1.6 GB", "qwen2.5-0.5b": "800 MB"}
    assert all("max" in one["Latency"] and one["Latency"].endswith("(n 2)") for one in some(found.values()))
    assert {one["Memory"] for one in found.values()} == {"-"}
    assert said.remarks[0] == "Facets met: phi-4-mini -, qwen2.5-0.5b 2 of 6 (2 answers).", (
        "nothing was said of one of them"
    )
    assert "race" not in " ".join(said.remarks)

    asked = asked_of(Wanted(requires="size_mb < 1000", weights="footprint=1"))
    (weighed,) = standing(session, "ann", growing=True, asked=asked).choice
    assert any("phi-4-mini" in sentence and "fails a must-have" in sentence for sentence in weighed.sentences)
    assert "Weights: footprint 1." in weighed.sentences


def test_times_of_a_race_are_said_to_be_no_speed() -> None:
    session = to_review(1, 2)
    for request in session.requests.values():
        request.spec = type(request.spec)(
            request.spec.id, plan="measure", mode=Mode.RACE, model=request.spec.model, prompt="p1", contended=True
        )
    (choice,) = standing(session, "ann", growing=True).choice
    assert any("Times of a race" in sentence for sentence in choice.sentences)
