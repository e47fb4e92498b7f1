"""A machine that grows slower while it is measured is said to; noise and longer prompts are no drift."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support import sessions as make
from tui.core.requests.request import Request, RequestState
from tui.report.drift import drifts, said_of_drift


def asked(first_ms: Sequence[float], *, prompt: str = "p1", model: str = "m1") -> list[Request]:
    return [
        make.request(f"{model}{prompt}{number}", model=model, prompt=prompt, round=number, first_ms=value)
        for number, value in enumerate(first_ms, 1)
    ]


@pytest.mark.parametrize(
    ("first_ms", "ratio", "matters"),
    [
        ([100, 100, 105, 110, 120, 120], 1.2, True),
        ([100, 100, 100, 100, 104, 104], 1.04, False),
        ([200, 200, 150, 120, 100, 100], 0.5, True),
    ],
)
def test_the_last_third_is_held_against_the_first(first_ms: list[float], ratio: float, matters: bool) -> None:
    (drift,) = drifts(asked(first_ms))
    assert drift.ratio == pytest.approx(ratio) and drift.matters is matters


def test_a_long_prompt_at_the_end_is_no_drift() -> None:
    short, long = asked([100] * 6), asked([900] * 6, prompt="p2")
    (drift,) = drifts([*short, *long])
    assert (drift.ratio, drift.prompts, drift.matters) == (pytest.approx(1), 2, False)


def test_too_few_answers_warm_ups_and_failures_say_nothing() -> None:
    assert drifts(asked([100, 100, 100, 200, 200])) == []
    failed = [make.request(f"x{number}", state=RequestState.FAILED, first_ms=900) for number in range(6)]
    warm = [make.request(f"w{number}", warmup=True, first_ms=900) for number in range(6)]
    (drift,) = drifts([*warm, *asked([100] * 6), *failed])
    assert not drift.matters


def test_several_prompts_make_up_for_few_rounds_and_a_loaded_model_is_no_drift() -> None:
    (drift,) = drifts([*asked([100, 100, 120]), *asked([50, 55, 60], prompt="p2")])
    assert (drift.ratio, drift.prompts) == (pytest.approx(1.2), 2)
    cold = asked([900, 100, 100, 100, 100, 100, 100])
    cold[0].timestamps.load_start, cold[0].timestamps.load_end = make.ASKED, make.ASKED + make.MS
    (drift,) = drifts(cold)
    assert not drift.matters


def test_a_drift_is_a_sentence() -> None:
    (slower,) = drifts(asked([100, 100, 105, 110, 120, 120]))
    assert said_of_drift(slower, "phi") == (
        "phi: first text 20 % longer in the last third of the answers than in the first"
    )
    (rate,) = drifts(asked([100] * 6), "decode_tps")
    assert "decoding 0 % lower" in said_of_drift(rate, "phi")
