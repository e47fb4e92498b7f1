"""The sessions that come with the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import finish, start
from tests.support.some import some
from tools.example_sessions import BASELINES, MODELS, QUESTIONS, RUBRIC
from tui.cli.exit_codes import ExitCode
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.storage.session_files import collect, load

FOLDER = Path(__file__).parents[3] / "sessions" / "examples"
FILES, _ = collect([FOLDER])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_asks_all_models_all_questions_and_every_answer_came_to_its_end(path: Path) -> None:
    session = load(path)
    assert all(request.state is RequestState.DONE for request in some(session.requests.values()))
    asked = [
        (session.model_of(request).card.alias, session.prompts[request.spec.prompt].user, request.answer)
        for request in session.requests.values()
        if not request.spec.warmup
    ]
    assert {(alias, asks) for alias, asks, _ in asked} == {(alias, one.asks) for alias in MODELS for one in QUESTIONS}
    by_asks = {one.asks: one for one in QUESTIONS}
    assert all(answer.startswith(by_asks[asks].of(alias).begins) for alias, asks, answer in some(asked))
    assert f"`{path.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_two_people_scored_two_criteria_and_voted_without_seeing_the_models() -> None:
    sessions = [load(path) for path in FILES]
    modes = [{request.spec.mode for request in session.requests.values()} for session in sessions]
    assert modes == [*[{Mode.MEASURE}] * (BASELINES + 1), {Mode.RACE}]
    baseline, *others, raced = sessions
    assert {(score.rater, score.criterion) for score in baseline.scores if score.blind} == {
        (rater, criterion.id) for rater in ("ana", "ben") for criterion in RUBRIC
    }
    assert not any(one.scores for one in some(others)) and {vote.rater for vote in raced.votes if vote.blind} == {
        "ana",
        "ben",
    }
    assert not any(rating.blind is False for rating in some([*baseline.scores, *raced.votes]))


@pytest.mark.slow
def test_the_report_says_which_is_best_at_what_and_that_the_second_is_slower(tmp_path: Path) -> None:
    done = finish(start("report", str(FOLDER), cwd=tmp_path))
    assert done.code == 0
    for said in some(("\nMeasured: ", "\nRaced: ", "accuracy", "clarity", "preference", "demo-medium faster")):
        assert said in done.out
    baselines = [word for file in FILES[:BASELINES] for word in ("--baseline", str(file))]
    done = finish(start("report", str(FILES[BASELINES]), *baselines, cwd=tmp_path))
    assert done.code == ExitCode.FOUND
    assert "--baseline finds a regression in " in done.err
