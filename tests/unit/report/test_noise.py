"""A model against itself: what it differs by is noise, is kept, and no smaller difference is called faster."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

import pytest

from tests.support import sessions as make
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.entry_dict import noise_from_dict, noise_to_dict
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.session import Session
from tui.report.aggregate import aggregate, matches_of
from tui.report.candidate_names import names_of
from tui.report.loads import loads
from tui.report.noise import PAIRS_FROM, arms_of, noise_floors, said_of_floors, shown_share
from tui.report.verdict_words import said
from tui.report.verdicts import Outcome, verdicts


def asked(model: str, times: Sequence[float], **facts: object) -> list[Request]:
    """As many rounds of one prompt as there are times to the first text, in milliseconds."""
    return [
        make.request(f"{model}-{number}", model=model, round=number, first_ms=ms, **facts)
        for number, ms in enumerate(times, 1)
    ]


def floors(one: Sequence[float], other: Sequence[float]) -> dict[str, NoiseFloor]:
    found = noise_floors([*asked("m1", one), *asked("m2", other)], ("m1", "m2"), "measure", make.WHEN)
    return {floor.metric: floor for floor in found}


def test_the_floor_is_the_far_end_of_the_interval_of_the_mean_ratio() -> None:
    found = floors([100, 110, 100, 110], [100, 100, 100, 100])["ttft_ms"]
    # d = 0, ln 1.1, 0, ln 1.1: mean 0.04766, sd 0.05503, t(.975, 3) = 3.1824; by hand.
    assert found.share == pytest.approx(math.expm1(0.047655 + 3.18245 * 0.055027 / 2), rel=1e-4)
    assert (found.pairs, found.plan, found.model) == (4, "measure", "m1")
    turned = floors([100, 100, 100, 100], [100, 110, 100, 110])["ttft_ms"]
    assert turned.share == found.share, "which arm is slower makes no difference"


def test_too_few_pairs_have_none_and_cold_or_failed_answers_make_none() -> None:
    few = asked("m1", [100] * PAIRS_FROM) + asked("m2", [100] * PAIRS_FROM)
    few[0].timestamps.load_start, few[0].timestamps.load_end = make.ASKED, make.ASKED + make.MS
    assert not list(noise_floors(few, ("m1", "m2"), "measure", make.WHEN))
    few[0] = make.request("m1-1", round=1, state=RequestState.FAILED)
    assert not list(noise_floors(few, ("m1", "m2"), "measure", make.WHEN))
    assert said_of_floors([], "phi") == (
        "A/A of phi: no noise floor, which takes 4 pairs of answers; ask more rounds or prompts."
    )


def test_it_covers_the_noise_that_it_was_measured_with() -> None:
    """Nothing differs: of 400 other measurements of that size hardly one seems to differ by more than the floor."""
    draw = random.Random(5)

    def times() -> list[float]:
        return [100 * math.exp(draw.gauss(0, 0.05)) for _ in range(8)]

    beyond = 0
    for _ in range(400):
        floor = floors(times(), times())["ttft_ms"].share
        ratio = fmean(math.log(one / other) for one, other in zip(times(), times(), strict=True))
        beyond += abs(ratio) > math.log1p(floor)
    assert beyond <= 400 * 0.05


def measured(first: float, *, floor: float | None) -> Session:
    """Two models on eight prompts, the second always so much slower; with an A/A of the first in another plan."""
    requests = [
        make.request(f"{model}-{prompt}", model=model, prompt=f"p{prompt}", first_ms=ms + prompt)
        for prompt in range(8)
        for model, ms in (("m1", 100), ("m2", first))
    ]
    requests += [make.request(f"a{number}", plan="aa", round=number) for number in range(1, 3)]
    made = make.session(requests)
    if floor is not None:
        made.noises.append(NoiseFloor("aa", "m1", "ttft_ms", floor, 6, make.WHEN, 1))
    return made


@pytest.mark.parametrize(
    ("floor", "outcome", "words"),
    [
        (None, Outcome.A_BETTER, "model-m1 faster: n 8, "),
        (0.02, Outcome.A_BETTER, "model-m1 faster: n 8, "),
        (0.15, Outcome.NOT_SHOWN, "not shown: n 8, "),
    ],
)
def test_a_difference_below_the_floor_is_not_called_faster(floor: float | None, outcome: Outcome, words: str) -> None:
    matches = matches_of([measured(110, floor=floor)])
    (found,) = (one for one in verdicts(matches) if one.pair.figure.name == "ttft_ms")
    assert found.outcome is outcome
    text = said(found, names_of(matches.candidates))
    assert text.verdict.startswith(words)
    assert text.verdict.endswith(", within the noise floor of 15 % (A/A)") is (outcome is Outcome.NOT_SHOWN)
    assert text.counts.startswith("model-m1 faster than model-m2 in 8 of 8"), "what was counted stays"
    report = aggregate([measured(110, floor=floor)])
    said_so = f"A/A of model-m1: what differs by less is noise: first text {shown_share(floor or 0)}."
    assert (said_so in report.notes) is (floor is not None)
    assert verdicts(report.matches) == verdicts(matches)


@pytest.mark.parametrize("wrong", [{"share": -0.1}, {"share": 1e300}, {"share": True}, {"pairs": 0}, {"plan": 7}])
def test_a_floor_that_is_none_is_refused_where_it_is_read(wrong: dict[str, object]) -> None:
    kept = noise_to_dict(NoiseFloor("plan1", "m1", "ttft_ms", 0.04, 6, make.WHEN, 3))
    assert noise_from_dict(kept) == NoiseFloor("plan1", "m1", "ttft_ms", 0.04, 6, make.WHEN)
    with pytest.raises(ValueError, match=r"share|plan"):
        noise_from_dict(kept | wrong)


def test_arms_are_two_session_models_of_one_model_and_one_row_of_a_report() -> None:
    one, other = make.target("m1"), make.target("m2")
    arms = [replace(one, arm="A"), replace(other, arm="B", card=one.card)]
    assert arms_of(arms) == tuple(arms) and arms_of([one, other]) is None and arms_of(arms[:1]) is None
    assert [model.name for model in arms] == [f"{one.card.key} (arm A)", f"{one.card.key} (arm B)"]
    held = make.session([*asked("m1", [100, 100]), *asked("m2", [100, 100])], models=arms)
    (row,) = aggregate([held]).rows
    assert (row.outcomes.done, row.stats["ttft_ms"].n) == (4, 4)


def test_load_cold_and_warm_are_apart() -> None:
    first, *later = asked("m1", [900, 100, 120, 140])
    first.timestamps.load_start, first.timestamps.load_end = make.ASKED, make.ASKED + 2 * make.MS
    other = make.request("x", prompt="p2", first_ms=5000)
    (found,) = loads([first, *later, other, *asked("m2", [50])])
    assert (found.model, found.load_ms.median, found.load_ms.n) == ("m1", 2, 1)
    assert found.cold[0].median == 900 and (found.warm[0].median, found.warm[0].n) == (120, 3)
