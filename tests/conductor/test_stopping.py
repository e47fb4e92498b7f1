"""Stopping, asking again, and what is refused."""

from __future__ import annotations

import threading

import pytest

from tests.conductor.conftest import Cards
from tests.support.conducting import RecordingKeeper, engines, lanes_of, states, to_the_end, until
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tui.conductor import Conductor
from tui.core.errors import BadInputError
from tui.core.lane import LaneState
from tui.core.plan import Mode

D, X = LaneState.DONE, LaneState.STOPPED


def test_stopping_one_keeps_what_arrived_and_the_others_go_on(
    conductor: Conductor, server: LoopbackServer, cards: Cards
) -> None:
    conductor.begin(cards("endless", "good"), "hi")
    (stopped,), (other,) = lanes_of(conductor, "endless"), lanes_of(conductor, "good")
    until(conductor, lambda: "more more" in stopped.answer)
    conductor.stop(stopped.spec.id)
    to_the_end(conductor)
    assert (stopped.state, other.state) == (X, D)
    assert stopped.answer.startswith("more more")
    assert stopped.marks.end is not None
    until(conductor, lambda: server.talk("endless").hung_up)


def test_stopping_all_ends_what_runs_and_what_has_not_begun(
    conductor: Conductor, server: LoopbackServer, cards: Cards
) -> None:
    run = conductor.begin(cards("endless", "stall_midway"), "hi", mode=Mode.MEASURE, rounds=3, warmup=0)
    until(conductor, lambda: any(lane.answer for lane in run.lanes.values()))
    conductor.stop_all()
    to_the_end(conductor)
    assert states(run) == [X] * 6
    assert sum(bool(lane.answer) for lane in run.lanes.values()) == len(server.talks) == 1


def test_a_lane_stopped_while_it_is_loaded_is_never_sent(
    conductor: Conductor, host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    host.held = {"endless": threading.Event()}
    run = conductor.begin(cards("endless", "late_text"), "hi")
    until(conductor, lambda: host.loading == "endless")
    (stopped,) = lanes_of(conductor, "endless")
    conductor.stop(stopped.spec.id)
    assert stopped.state is X
    host.held["endless"].set()
    to_the_end(conductor)
    assert states(run) == [X, D]
    assert [talk.body["model"] for talk in server.talks] == ["late_text"]


def test_a_lane_stopped_at_once_comes_to_its_end(conductor: Conductor, cards: Cards) -> None:
    conductor.begin(cards("endless"), "hi")
    conductor.stop_all()
    assert states(to_the_end(conductor)) == [X]


def test_a_lane_stopped_in_the_moment_it_is_sent_comes_to_its_end(
    conductor: Conductor, host: LoopbackHost, keeper: RecordingKeeper, cards: Cards
) -> None:
    # The engine finds both commands in its pipe, and may not have begun with the first when it reads the second.
    for _ in range(3):
        host.reset()
        host.held = {"endless": threading.Event()}
        conductor.begin(cards("endless"), "hi")
        until(conductor, lambda: host.loading == "endless")
        (engine,) = engines()
        engine.suspend()
        try:
            host.held["endless"].set()
            until(conductor, lambda: "started" in keeper.entries[-1])
            conductor.stop_all()
        finally:
            engine.resume()
        assert states(to_the_end(conductor)) == [X]


def test_stopping_what_has_ended_changes_nothing(conductor: Conductor, keeper: RecordingKeeper, cards: Cards) -> None:
    conductor.begin(cards("late_text"), "hi")
    (lane,) = to_the_end(conductor).lanes.values()
    entries = len(keeper.entries)
    conductor.stop(lane.spec.id)
    conductor.stop_all()
    assert lane.state is D
    assert len(keeper.entries) == entries


def test_a_stopped_model_is_asked_in_later_rounds(conductor: Conductor, cards: Cards) -> None:
    run = conductor.begin(cards("endless"), "hi", mode=Mode.MEASURE, rounds=2, warmup=0)
    for lane in run.lanes.values():
        until(conductor, lambda answering=lane: bool(answering.answer))  # type: ignore[misc]
        conductor.stop(lane.spec.id)
    assert states(to_the_end(conductor)) == [X, X]


def test_asking_one_again_is_a_second_launch_beside_the_first(conductor: Conductor, cards: Cards) -> None:
    run = conductor.begin(cards("late_text", "burst"), "hi")
    to_the_end(conductor)
    first, second = run.plan.models
    conductor.rerun(first)
    to_the_end(conductor)
    assert [(lane.spec.model, lane.spec.launch, lane.state) for lane in run.lanes.values()] == [
        (first, 1, D), (second, 1, D), (first, 2, D),
    ]  # fmt: skip
    column = run.column(first)
    assert column is not None and column.spec.launch == 2


def test_asking_all_again_goes_the_plans_own_way_without_its_warm_up(conductor: Conductor, cards: Cards) -> None:
    run = conductor.begin(cards("late_text", "burst"), "hi", mode=Mode.MEASURE)
    to_the_end(conductor)
    conductor.rerun_all()
    to_the_end(conductor)
    assert [(lane.spec.round, lane.spec.launch, lane.spec.warmup) for lane in run.lanes.values()] == [
        (0, 1, True), (0, 1, True), (1, 1, False), (1, 1, False), (1, 2, False), (1, 2, False),
    ]  # fmt: skip
    assert set(states(run)) == {D}


def test_a_model_that_failed_can_be_asked_again_when_it_is_mended(
    conductor: Conductor, host: LoopbackHost, cards: Cards
) -> None:
    host.broken = {"late_text"}
    run = conductor.begin(cards("late_text"), "hi")
    to_the_end(conductor)
    host.broken = set()
    conductor.rerun(run.plan.models[0])
    to_the_end(conductor)
    assert states(run) == [LaneState.FAILED, D]


def test_one_that_is_still_answering_cannot_be_asked_again(conductor: Conductor, cards: Cards) -> None:
    run = conductor.begin(cards("endless", "late_text"), "hi")
    endless, late = run.lanes.values()
    until(conductor, lambda: late.state is D and endless.state is LaneState.RUNNING)
    again = (
        lambda: conductor.rerun(endless.spec.model),
        conductor.rerun_all,
        lambda: conductor.begin(cards("good"), "hi"),
    )
    for refused in again:
        with pytest.raises(BadInputError):
            refused()
    assert len(run.lanes) == 2
    conductor.rerun(late.spec.model)
    until(conductor, lambda: states(run)[2:] == [D])
    assert endless.state is LaneState.RUNNING


@pytest.mark.parametrize(
    ("names", "user"),
    [(("good",), ""), (("good",), " \n\t"), ((), "hi"), (("good",) * 9, "hi")],
    ids=["no prompt", "a blank prompt", "no model", "nine models"],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_trace(
    conductor: Conductor, keeper: RecordingKeeper, cards: Cards, names: tuple[str, ...], user: str
) -> None:
    before = len(keeper.entries)
    with pytest.raises(BadInputError) as caught:
        conductor.begin(cards(*names), user)
    assert caught.value.hint
    assert not conductor.busy
    assert len(keeper.entries) == before


def test_nothing_can_be_asked_again_before_the_first_run(fresh: Conductor) -> None:
    with pytest.raises(BadInputError):
        fresh.rerun_all()
    with pytest.raises(BadInputError):
        fresh.rerun("m1")


def test_closing_stops_what_runs_and_keeps_what_arrived(
    fresh: Conductor, memory: RecordingKeeper, cards: Cards
) -> None:
    run = fresh.begin(cards("endless"), "hi", mode=Mode.MEASURE, rounds=3, warmup=0)
    until(fresh, lambda: bool(run.lanes["r1"].answer))
    arrived = run.lanes["r1"].answer
    assert fresh.close()
    assert states(run) == [X] * 3
    assert memory.closed_with is not None
    assert memory.closed_with.state == "finished"
    assert memory.closed_with.lanes == run.lanes
    assert run.lanes["r1"].answer.startswith(arrived)
    assert not fresh.busy
