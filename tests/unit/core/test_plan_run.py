"""What a plan that was broken off still has to ask, and how long a plan still takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard, find_model
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan, PlannedRequest, schedule
from tui.core.plans.plan_run import count_made, newest, remaining
from tui.core.plans.progress import Progress, progress
from tui.core.requests.events import Failed
from tui.core.requests.request import Request, RequestState

PLAN = Plan("measure", Mode.MEASURE, ("m1", "m2"), ("p1", "p2"), rounds=2, warmup=1, seed=11)
S = RequestState


def slots(plan: Plan) -> list[PlannedRequest]:
    return [slot for batch in schedule(plan) for slot in batch]


def request_in(number: int, slot: PlannedRequest, state: RequestState = S.DONE, **facts: object) -> Request:
    return make.request(
        f"r{number}", state=state, model=slot.model, prompt=slot.prompt, round=slot.round, warmup=slot.warmup, **facts
    )  # type: ignore[arg-type]


def left(states: dict[int, RequestState]) -> list[PlannedRequest]:
    """What is left when the slots of these numbers came to these ends."""
    every = slots(PLAN)
    return [
        slot
        for batch in remaining(PLAN, [request_in(n, every[n], state) for n, state in states.items()])
        for slot in batch
    ]


@given(st.dictionaries(st.integers(0, len(slots(PLAN)) - 1), st.sampled_from(list(S))))
def test_what_is_made_and_what_remains_are_the_plan(states: dict[int, RequestState]) -> None:
    every = slots(PLAN)
    requests = [request_in(n, every[n], state) for n, state in states.items()]
    still = [slot for batch in remaining(PLAN, requests) for slot in batch if not slot.warmup]
    assert count_made(PLAN, requests) + len(still) == PLAN.size == 8


def test_a_plan_nobody_has_begun_is_all_left() -> None:
    assert remaining(PLAN, []) == schedule(PLAN)
    other = make.request("r1", plan="another")
    assert remaining(PLAN, [other]) == schedule(PLAN)


def test_what_is_left_keeps_the_plans_order_and_is_warmed_up_again() -> None:
    every = slots(PLAN)
    done = dict.fromkeys(range(5), S.DONE)
    assert left(done) == every[:2] + every[5:]


def test_what_found_no_server_is_asked_again() -> None:
    every = slots(PLAN)
    failures = {
        ("connect", ""): True, ("host", "NoHostError"): True, ("host", "NoModelError"): False, ("status", ""): False,
    }  # fmt: skip
    for (kind, name), again in some(failures.items()):
        away = Failed("r9", 5, kind, "It is away.", "", name)
        failed = make.fold(Request(make.spec("r9", **vars_of(every[-1]))), away)
        done = [request_in(n, slot) for n, slot in enumerate(every[:-1])]
        assert bool(remaining(PLAN, [*done, failed])) is again


def vars_of(slot: PlannedRequest) -> dict[str, object]:
    """What tells a request of the plan from the others."""
    return {"model": slot.model, "prompt": slot.prompt, "round": slot.round, "warmup": slot.warmup}


def test_a_model_with_nothing_left_is_not_warmed_up() -> None:
    mine = {n: S.DONE for n, slot in enumerate(slots(PLAN)) if slot.model == "m1"}
    assert {slot.model for slot in left(mine)} == {"m2"}


@pytest.mark.parametrize(
    ("state", "over"),
    [(S.DONE, True), (S.EMPTY, True), (S.CUT, True), (S.FAILED, True), (S.SKIPPED, False), (S.STOPPED, False),
     (S.QUEUED, False), (S.RUNNING, False)],
)  # fmt: skip
def test_only_what_was_stopped_or_skipped_or_never_ended_is_still_to_be_asked(state: RequestState, over: bool) -> None:
    assert (slots(PLAN)[4] not in left({4: state})) is over


def test_nothing_is_left_of_a_plan_whose_warm_up_alone_is_missing() -> None:
    assert left({n: S.DONE for n, slot in enumerate(slots(PLAN)) if not slot.warmup}) == []


def test_a_race_is_gone_on_with_by_those_that_are_missing() -> None:
    race = Plan("race", Mode.RACE, ("m1", "m2", "m3"), ("p1",))
    done = make.request("r1", mode=Mode.RACE, model="m2")
    assert remaining(race, [done]) == ((PlannedRequest("m1", "p1", 1), PlannedRequest("m3", "p1", 1)),)


def test_of_several_launches_the_newest_stands_for_its_place() -> None:
    slot = slots(PLAN)[4]
    first, second = request_in(1, slot, S.FAILED), request_in(2, slot, launch=2)
    assert newest([first, second]) == [second]


def test_nothing_is_foretold_before_something_has_ended() -> None:
    requests = [make.request("r1", state=S.RUNNING), make.request("r2", state=S.QUEUED)]
    assert progress(requests) == Progress(0, 2, None)
    assert progress(requests).in_words() == "0 of 2 ended"


def test_each_model_is_expected_to_take_as_long_as_before_one_after_another() -> None:
    # A request's end is its first chunk's time and three gaps: 0.97 + 0.03 s, and 2.97 + 0.03 s.
    ended = [make.request("r1", model="m1", first_ms=970), make.request("r2", model="m2", first_ms=2970)]
    waiting = [make.request(f"r{n}", state=S.QUEUED, model=model) for n, model in ((3, "m1"), (4, "m2"), (5, "m2"))]
    found = progress(ended + waiting)
    assert (found.ended, found.total, found.left_s) == (2, 5, pytest.approx(1 + 3 + 3))
    assert found.in_words() == "2 of 5 ended, about 7 s left"
    assert progress([*ended, make.request("r3", state=S.QUEUED, model="m3")]).left_s == pytest.approx(2)


def test_in_a_race_the_slowest_sets_the_pace() -> None:
    ended = [
        make.request("r1", mode=Mode.RACE, model="m1", first_ms=970),
        make.request("r2", mode=Mode.RACE, model="m2", first_ms=2970),
    ]
    waiting = [
        make.request(f"w{n}{model}", mode=Mode.RACE, state=S.QUEUED, model=model, round=n)
        for n in (2, 3)
        for model in ("m1", "m2")
    ]
    assert progress(ended + waiting).left_s == pytest.approx(3 + 3)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "less than 1 s left"), (1.0, "about 1 s left"), (99.4, "about 99 s left"), (99.6, "about 2 min left"),
        (120.0, "about 2 min left"), (3600.0, "about 60 min left"),
    ],
)  # fmt: skip
def test_the_time_left_in_words(seconds: float, words: str) -> None:
    assert Progress(1, 3, seconds).in_words() == f"1 of 3 ended, {words}"


def test_a_model_that_failed_takes_no_more_time() -> None:
    ended = [make.request("r1", model="m1", first_ms=970), make.request("r2", model="m2", state=S.FAILED)]
    waiting = [make.request("r3", state=S.QUEUED, model="m1"), make.request("r4", state=S.QUEUED, model="m2")]
    assert progress(ended + waiting).left_s == pytest.approx(1)


def test_a_device_after_the_name_picks_the_variant() -> None:
    cards = (
        ModelCard("phi-4-mini-generic-cpu:2", "phi-4-mini", device="CPU"),
        ModelCard("phi-4-mini-cuda-gpu:2", "phi-4-mini", device="GPU"),
        ModelCard("plain", "plain"),
        ModelCard("odd@gpu", "odd@gpu", device="CPU"),
    )
    found = [find_model(cards, name) for name in ("phi-4-mini@cpu", "Phi-4-mini@GPU", "odd@gpu")]
    assert found == [cards[0], cards[1], cards[3]]
    for name in ("phi-4-mini@npu", "plain@cpu", "@cpu", "phi-4-mini@", "nosuch@gpu"):
        assert find_model(cards, name) is None
