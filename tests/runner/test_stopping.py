"""Stopping, asking again, and what is refused."""

from __future__ import annotations

import threading

import pytest

from tests.runner.conftest import Cards
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.running import RecordingWriter, engines, requests_of, states, to_the_end, until
from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.requests.request import RequestState
from tui.runner import Runner

D, X = RequestState.DONE, RequestState.STOPPED


@pytest.mark.slow
def test_stopping_one_keeps_what_arrived_and_the_others_go_on(
    runner: Runner, server: LoopbackServer, cards: Cards
) -> None:
    runner.begin(cards("endless", "good"), "hi")
    (stopped,), (other,) = requests_of(runner, "endless"), requests_of(runner, "good")
    until(runner, lambda: "more more" in stopped.answer)
    runner.stop(stopped.spec.id)
    to_the_end(runner)
    assert (stopped.state, other.state) == (X, D)
    assert stopped.answer.startswith("more more")
    assert stopped.timestamps.end is not None
    until(runner, lambda: server.talk("endless").hung_up)


def test_stopping_all_ends_what_runs_and_what_has_not_begun(
    runner: Runner, server: LoopbackServer, cards: Cards
) -> None:
    run = runner.begin(cards("endless", "stall_midway"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=3, warmup=0))
    until(runner, lambda: any(request.answer for request in run.requests.values()))
    runner.stop_all()
    to_the_end(runner)
    assert states(run) == [X] * 6
    assert sum(bool(request.answer) for request in run.requests.values()) == len(server.talks) == 1


def test_a_request_stopped_while_it_is_loaded_is_never_sent(
    runner: Runner, host: LoopbackHost, server: LoopbackServer, cards: Cards
) -> None:
    host.held = {"endless": threading.Event()}
    run = runner.begin(cards("endless", "late_text"), "hi")
    until(runner, lambda: host.loading == "endless")
    (stopped,) = requests_of(runner, "endless")
    runner.stop(stopped.spec.id)
    assert stopped.state is X
    host.held["endless"].set()
    to_the_end(runner)
    assert states(run) == [X, D]
    assert [talk.body["model"] for talk in server.talks] == ["late_text"]


def test_a_request_stopped_at_once_comes_to_its_end(runner: Runner, cards: Cards) -> None:
    runner.begin(cards("endless"), "hi")
    runner.stop_all()
    assert states(to_the_end(runner)) == [X]


@pytest.mark.slow
def test_a_request_stopped_in_the_moment_it_is_sent_comes_to_its_end(
    runner: Runner, host: LoopbackHost, writer: RecordingWriter, cards: Cards
) -> None:
    # The engine finds both commands in its pipe, and may not have begun with the first when it reads the second.
    for _ in range(3):
        host.reset()
        host.held = {"endless": threading.Event()}
        runner.begin(cards("endless"), "hi")
        until(runner, lambda: host.loading == "endless")
        (engine,) = engines()
        engine.suspend()
        try:
            host.held["endless"].set()
            until(runner, lambda: "started" in writer.entries[-1])
            runner.stop_all()
        finally:
            engine.resume()
        assert states(to_the_end(runner)) == [X]


@pytest.mark.slow
def test_stopping_what_has_ended_changes_nothing(runner: Runner, writer: RecordingWriter, cards: Cards) -> None:
    runner.begin(cards("late_text"), "hi")
    (request,) = to_the_end(runner).requests.values()
    entries = len(writer.entries)
    runner.stop(request.spec.id)
    runner.stop_all()
    assert request.state is D
    assert len(writer.entries) == entries


def test_a_stopped_model_is_asked_in_later_rounds(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("endless"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0))
    for request in run.requests.values():
        until(runner, lambda answering=request: bool(answering.answer))  # type: ignore[misc]
        runner.stop(request.spec.id)
    assert states(to_the_end(runner)) == [X, X]


def test_asking_one_again_is_a_second_launch_beside_the_first(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("late_text", "burst"), "hi")
    to_the_end(runner)
    first, second = run.plan.models
    runner.rerun(first)
    to_the_end(runner)
    assert [(request.spec.model, request.spec.launch, request.state) for request in run.requests.values()] == [
        (first, 1, D), (second, 1, D), (first, 2, D),
    ]  # fmt: skip
    column = run.shown_request(first)
    assert column is not None and column.spec.launch == 2


@pytest.mark.slow
def test_asking_all_again_goes_the_plans_own_way_without_its_warm_up(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("late_text", "burst"), "hi", PlanOptions(mode=Mode.MEASURE))
    to_the_end(runner)
    runner.rerun_all()
    to_the_end(runner)
    assert [(request.spec.round, request.spec.launch, request.spec.warmup) for request in run.requests.values()] == [
        (0, 1, True), (0, 1, True), (1, 1, False), (1, 1, False), (1, 2, False), (1, 2, False),
    ]  # fmt: skip
    assert set(states(run)) == {D}


def test_a_model_that_failed_can_be_asked_again_when_it_is_mended(
    runner: Runner, host: LoopbackHost, cards: Cards
) -> None:
    host.broken = {"late_text"}
    run = runner.begin(cards("late_text"), "hi")
    to_the_end(runner)
    host.broken = set()
    runner.rerun(run.plan.models[0])
    to_the_end(runner)
    assert states(run) == [RequestState.FAILED, D]


def test_one_that_is_still_answering_cannot_be_asked_again(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("endless", "late_text"), "hi")
    endless, late = run.requests.values()
    until(runner, lambda: late.state is D and endless.state is RequestState.RUNNING)
    again = (
        lambda: runner.rerun(endless.spec.model),
        runner.rerun_all,
        lambda: runner.begin(cards("good"), "hi"),
    )
    for refused in again:
        with pytest.raises(BadInputError):
            refused()
    assert len(run.requests) == 2
    runner.rerun(late.spec.model)
    until(runner, lambda: states(run)[2:] == [D])
    assert endless.state is RequestState.RUNNING


@pytest.mark.parametrize(
    ("names", "user"),
    [(("good",), ""), (("good",), " \n\t"), ((), "hi"), (("good",) * 9, "hi")],
    ids=["no prompt", "a blank prompt", "no model", "nine models"],
)
def test_what_makes_no_sense_is_refused_and_leaves_no_trace(
    runner: Runner, writer: RecordingWriter, cards: Cards, names: tuple[str, ...], user: str
) -> None:
    before = len(writer.entries)
    with pytest.raises(BadInputError) as caught:
        runner.begin(cards(*names), user)
    assert caught.value.hint
    assert not runner.busy
    assert len(writer.entries) == before


def test_nothing_can_be_asked_again_before_the_first_run(fresh: Runner) -> None:
    with pytest.raises(BadInputError):
        fresh.rerun_all()
    with pytest.raises(BadInputError):
        fresh.rerun("m1")


@pytest.mark.slow
def test_closing_stops_what_runs_and_keeps_what_arrived(fresh: Runner, memory: RecordingWriter, cards: Cards) -> None:
    run = fresh.begin(cards("endless"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=3, warmup=0))
    until(fresh, lambda: bool(run.requests["r1"].answer))
    arrived = run.requests["r1"].answer
    assert fresh.close()
    assert states(run) == [X] * 3
    assert memory.closed_with is not None
    assert memory.closed_with.state == "finished"
    assert memory.closed_with.requests == run.requests
    assert run.requests["r1"].answer.startswith(arrived)
    assert not fresh.busy
