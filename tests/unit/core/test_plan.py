"""In which order requests are made."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.some import some
from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Order, Plan, PlannedRequest, PlanOptions, schedule

MODELS = ("m1", "m2", "m3")


def plan(
    mode: Mode = Mode.MEASURE, *, models: tuple[str, ...] = MODELS, rounds: int = 3, warmup: int = 0, seed: int = 0
) -> Plan:
    return Plan("k1", mode, models, ("p1", "p2"), rounds=rounds, warmup=warmup, seed=seed)


def test_a_measured_plan_has_one_request_in_flight() -> None:
    assert all(len(batch) == 1 for batch in some(schedule(plan(warmup=2))))


def test_measured_rounds_are_interleaved() -> None:
    slots = [slot for (slot,) in schedule(plan())]
    blocks = [slots[start : start + 3] for start in range(0, len(slots), 3)]
    assert [(block[0].round, block[0].prompt) for block in blocks] == [
        (1, "p1"), (1, "p2"), (2, "p1"), (2, "p2"), (3, "p1"), (3, "p2"),
    ]  # fmt: skip
    for block in some(blocks):
        assert {slot.model for slot in block} == set(MODELS)
        assert len({(slot.round, slot.prompt) for slot in block}) == 1


def test_the_order_of_models_that_are_asked_once_varies_with_the_seed() -> None:
    once = [Plan("k1", Mode.MEASURE, MODELS, ("p1",), seed=seed) for seed in range(60)]
    orders = Counter(tuple(slot.model for (slot,) in schedule(plan)) for plan in once)
    assert set(orders) == set(permutations(MODELS))
    alone = {tuple(slot.model for (slot,) in schedule(replace(plan, alone=True))) for plan in once}
    assert alone == set(permutations(MODELS))


def test_the_order_comes_from_the_seed_alone() -> None:
    assert schedule(plan(seed=7)) == schedule(plan(seed=7))
    orders = {tuple(slot.model for (slot,) in schedule(plan(seed=seed))) for seed in range(20)}
    assert len(orders) > 10


def test_the_order_changes_from_round_to_round() -> None:
    slots = [slot.model for (slot,) in schedule(plan(rounds=20))]
    assert len({tuple(slots[start : start + 3]) for start in range(0, len(slots), 3)}) > 1


def test_warm_ups_come_first_and_are_marked() -> None:
    batches = schedule(plan(warmup=2))
    assert batches[:6] == tuple((PlannedRequest(model, "p1", 0, warmup=True),) for model in MODELS for _ in range(2))
    assert not any(slot.warmup or slot.round == 0 for batch in some(batches[6:]) for slot in batch)


def test_warm_ups_do_not_change_the_order_of_what_follows() -> None:
    assert schedule(plan(seed=3, warmup=2))[6:] == schedule(plan(seed=3))


def test_a_race_sends_all_models_at_once_prompt_by_prompt() -> None:
    batches = schedule(plan(Mode.RACE, rounds=2))
    assert batches == tuple(
        tuple(PlannedRequest(model, prompt, number) for model in MODELS) for number in (1, 2) for prompt in ("p1", "p2")
    )


def test_the_warm_ups_of_a_race_do_not_race() -> None:
    batches = schedule(plan(Mode.RACE, warmup=1))
    assert [len(batch) for batch in batches[:4]] == [1, 1, 1, 3]


@pytest.mark.parametrize("empty", [plan(models=()), plan(rounds=0), Plan("k1", Mode.MEASURE, MODELS, (), warmup=1)])
def test_nothing_to_ask_makes_no_requests(empty: Plan) -> None:
    assert schedule(empty) == ()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(Mode), st.integers(1, 5), st.integers(0, 4), st.integers(0, 2), st.integers())
def test_every_model_answers_every_prompt_once_a_round(
    mode: Mode, models: int, rounds: int, warmup: int, seed: int
) -> None:
    keys = tuple(f"m{n}" for n in range(models))
    slots = Counter(
        slot for batch in schedule(plan(mode, models=keys, rounds=rounds, warmup=warmup, seed=seed)) for slot in batch
    )
    asked = {slot: n for slot, n in slots.items() if not slot.warmup}
    assert asked == {PlannedRequest(m, p, r): 1 for m in keys for p in ("p1", "p2") for r in range(1, rounds + 1)}
    assert sum(slots.values()) - len(asked) == warmup * models


def test_models_that_are_loaded_alone_are_warmed_up_and_asked_everything_one_after_another() -> None:
    alone = replace(plan(rounds=2, warmup=1, seed=3), alone=True)
    slots = [slot for (slot,) in schedule(alone)]
    runs = [list(group) for _, group in groupby(slots, key=lambda slot: slot.model)]
    assert {run[0].model for run in runs} == set(MODELS) and len(runs) == 3
    for run in some(runs):
        assert [(slot.round, slot.prompt) for slot in run] == [(0, "p1"), (1, "p1"), (1, "p2"), (2, "p1"), (2, "p2")]
    assert sorted(slots, key=repr) == sorted((slot for (slot,) in schedule(plan(rounds=2, warmup=1))), key=repr)


def test_two_models_take_turns_as_abba_over_rounds_and_prompts() -> None:
    asked = Plan("p", Mode.MEASURE, ("a", "b"), ("x", "y", "z"), rounds=2, warmup=1, order=Order.ABBA)
    order = [(one.prompt, one.model) for batch in schedule(asked) for one in batch if not one.warmup]
    first = [pair[0][1] for pair in zip(order[::2], order[1::2], strict=True)]
    assert first == ["a", "b", "a", "b", "a", "b"]
    by_prompt = {prompt: [model for which, model in order if which == prompt] for prompt in "xyz"}
    assert by_prompt == {"x": [*"abba"], "y": [*"baab"], "z": [*"abba"]}


def test_abba_is_for_a_measured_plan_without_alone() -> None:
    PlanOptions(mode=Mode.MEASURE, order=Order.ABBA).check()
    for options in some((PlanOptions(order=Order.ABBA), PlanOptions(Mode.MEASURE, alone=True, order=Order.ABBA))):
        with pytest.raises(BadInputError, match="abba"):
            options.check()


@pytest.mark.parametrize("seconds", [-1, 3601, float("nan"), float("inf")])
def test_a_pause_is_at_most_an_hour(seconds: float) -> None:
    with pytest.raises(BadInputError, match="pause_s"):
        PlanOptions(pause_s=seconds).check()
