"""The runner is woken by what happens: nobody has to look whether something has."""

from __future__ import annotations

import threading
import time

import pytest

from tests.runner.conftest import Cards
from tests.support.loopback_host import LoopbackHost
from tests.support.running import PATIENCE_S, states, until
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.requests.request import RequestState
from tui.runner import Runner


def to_the_end_by_notifications(runner: Runner) -> None:
    """Tick when the runner is woken, and at no other time."""
    while runner.busy:
        assert runner.wakeup.wait(PATIENCE_S), "something happened that woke nobody"
        runner.tick()


def is_prepared(host: LoopbackHost) -> None:
    """Wait until the model's endpoint has been asked for, which is the last that is done for a request."""
    deadline = time.monotonic() + PATIENCE_S
    while host.endpoints != ["good"]:
        assert time.monotonic() < deadline, host.endpoints
        time.sleep(0.001)


@pytest.mark.slow
def test_a_run_comes_to_its_end_by_what_wakes_the_runner_alone(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("good", "e500"), "hi")
    to_the_end_by_notifications(runner)
    assert states(run) == [RequestState.DONE, RequestState.FAILED]
    runner.rerun(run.plan.models[0])
    to_the_end_by_notifications(runner)
    runner.rerun_all()
    to_the_end_by_notifications(runner)
    assert states(run)[2:] == [RequestState.DONE, RequestState.DONE, RequestState.FAILED]


def test_a_measured_plan_goes_on_by_what_wakes_the_runner_alone(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("good", "reasoning"), "hi", PlanOptions(mode=Mode.MEASURE))
    to_the_end_by_notifications(runner)
    assert set(states(run)) == {RequestState.DONE}


@pytest.mark.slow
def test_what_is_skipped_holds_up_nothing_that_comes_after_it(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("e500", "good"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=3))
    to_the_end_by_notifications(runner)
    assert states(run).count(RequestState.SKIPPED) == 3
    assert states(run).count(RequestState.DONE) == 4


def test_a_request_that_is_stopped_before_it_is_sent_wakes_the_runner(
    runner: Runner, host: LoopbackHost, cards: Cards
) -> None:
    host.held = {"good": threading.Event()}
    run = runner.begin(cards("good"), "hi")
    until(runner, lambda: host.loading == "good")
    runner.stop_all()
    to_the_end_by_notifications(runner)
    host.held["good"].set()
    is_prepared(host)  # Its thread is not to come to the host of the next test.
    assert states(run) == [RequestState.STOPPED]


@pytest.mark.slow
def test_what_is_begun_is_with_the_host_before_any_tick(fresh: Runner, host: LoopbackHost, cards: Cards) -> None:
    fresh.start()
    until(fresh, lambda: fresh._engine.greeted)
    fresh.begin(cards("good"), "hi")
    is_prepared(host)
    to_the_end_by_notifications(fresh)


@pytest.mark.slow
def test_of_text_only_a_request_s_first_wakes_anybody(runner: Runner, cards: Cards) -> None:
    (request,) = runner.begin(cards("endless"), "hi").requests.values()
    while not request.answer:
        assert runner.wakeup.wait(PATIENCE_S)
        runner.tick()
    notified: list[float] = []
    runner.wakeup.listener = lambda: notified.append(time.monotonic())
    more = request.timestamps.chunks + 50
    deadline = time.monotonic() + PATIENCE_S
    while request.timestamps.chunks < more:
        assert time.monotonic() < deadline
        time.sleep(0.01)
        runner.tick()
    assert notified == []
    runner.wakeup.listener = lambda: None
    runner.stop_all()
    to_the_end_by_notifications(runner)
