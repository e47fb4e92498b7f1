"""What may be said of models, as values: what the report says, and nothing else."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from tests.support.sessions import request, score, session, target
from tests.support.some import some
from tui.api import report, verdict
from tui.core.errors import BadInputError
from tui.core.requests.request import RequestState
from tui.core.sessions.session import Session
from tui.report.model_verdicts import Verdicts
from tui.report.verdicts import Outcome
from tui.storage.session_files import load_sessions

EXAMPLES = Path(__file__).parents[3] / "sessions" / "examples"
NAMES = {"m1": "alpha", "m2": "beta", "m3": "gamma"}


def scored(prompts: int, *models: tuple[str, int]) -> Session:
    """Models, each with the same score for its answer to every prompt but the last, where it has one less."""
    requests, scores = [], []
    for key, value in models:
        for number in range(prompts):
            run = f"{key}-{number}"
            requests.append(request(run, model=key, prompt=f"p{number}"))
            scores.append(score(run, value - (number == prompts - 1)))
    return session(requests, models=[target(key, NAMES[key]) for key, _ in models], scores=scores)


@pytest.fixture(scope="module")
def examples() -> list[Session]:
    return list(load_sessions(EXAMPLES))


def test_it_is_what_the_report_says_counts_first(examples: list[Session]) -> None:
    every = verdict(examples)
    lines = report(examples, "comparisons-csv").splitlines()
    assert len(every) == len(lines) - 1
    for one, line in some(zip(every, lines[1:], strict=True)):
        assert one.sentence in line.replace('""', '"')
        assert one.sentence == f"{one.figure}: {one.counts_in_words}; {one.verdict_in_words}"


def test_a_clear_difference_names_the_better_one() -> None:
    (one,) = [found for found in verdict(scored(12, ("m1", 5), ("m2", 2))) if found.unit == "points"]
    assert (one.outcome, one.better, one.prompts, one.ahead, one.behind) == (Outcome.A_BETTER, "alpha", 12, 12, 0)
    assert one.effect == pytest.approx(3.0) and one.p is not None and one.p < 0.01
    with pytest.raises(FrozenInstanceError):
        one.effect = 9.0  # type: ignore[misc]


def test_too_few_prompts_are_said_to_be_too_few() -> None:
    found = verdict(scored(2, ("m1", 5), ("m2", 2)))
    (one,) = [found for found in found if found.unit == "points"]
    assert one.outcome is Outcome.TOO_FEW and one.better is None and one.more_prompts
    assert any("prompts at least for any verdict" in remark for remark in found.remarks)


def test_naming_two_of_three_leaves_p_as_it_is() -> None:
    made = scored(10, ("m1", 5), ("m2", 3), ("m3", 2))
    every = [one for one in verdict(made) if {one.first, one.second} == {"alpha", "beta"}]
    assert list(verdict(made, "alpha", "beta")) == every
    alone = verdict(scored(10, ("m1", 5), ("m2", 3)), "alpha", "beta")
    both = [[one.p for one in found if one.unit == "points"] for found in (every, alone)]
    assert both[0] != both[1], "Holm's method counts the model that was not named"
    assert {frozenset((one.first, one.second)) for one in verdict(made, "GAMMA")} == {
        frozenset(("alpha", "gamma")),
        frozenset(("beta", "gamma")),
    }


def test_failures_and_what_cannot_be_compared_are_said() -> None:
    requests = [
        request("r1", model="m1", state=RequestState.FAILED),
        request("r2", model="m2"),
        request("r3", model="m1", prompt="p2"),
        request("r4", model="m2", prompt="p2"),
    ]
    found = verdict(session(requests, models=[target(key, NAMES[key]) for key in ("m1", "m2")]))
    assert "failed: alpha 1 of 2, beta 0 of 2." in found.remarks
    assert "failed: alpha 1 of 2" in str(found)


def test_with_one_model_there_is_nothing_to_compare() -> None:
    found = verdict(scored(3, ("m1", 4)))
    assert (len(found), list(found)) == (0, []) and "There is nothing to compare." in str(found)
    assert isinstance(verdict(scored(3, ("m1", 4)), "alpha"), Verdicts)


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(BadInputError) as unknown:
        verdict(scored(3, ("m1", 4), ("m2", 3)), "alfa")
    assert unknown.value.sentence() == "`alfa` is not a model that is known; did you mean `alpha`?"
    with pytest.raises(BadInputError) as none:
        verdict([])
    assert none.value.sentence().startswith("There is no session to say anything of.")
