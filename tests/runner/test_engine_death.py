"""The engine's process ends by itself."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import psutil
import pytest

from tests.runner.conftest import Cards
from tests.support.loopback_host import LoopbackHost
from tests.support.running import RecordingWriter, engines, requests_of, states, to_the_end, until
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.plans.plan_run import remaining
from tui.core.requests.request import RequestState
from tui.engine import engine_client as link
from tui.runner import Runner

pytestmark = pytest.mark.slow


def kill_engine() -> None:
    """Kill the one engine there is, and see it gone."""
    (process,) = engines()
    process.kill()
    psutil.wait_procs([process], timeout=10)


def test_a_killed_engine_fails_what_runs_and_keeps_what_arrived(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("endless", "stall_midway", "stall_before_headers"), "hi")
    endless, stalled, silent = run.requests.values()
    until(runner, lambda: "more more" in endless.answer and bool(stalled.answer))
    arrived = endless.answer
    kill_engine()
    to_the_end(runner)
    assert states(run) == [RequestState.FAILED] * 3
    for request in some(run.requests.values()):
        assert request.fault is not None
        assert request.fault.message == "The engine's process ended before the answer was complete."
        again = "What arrived is kept. Run it again." if request.answer else "Run it again."
        assert request.fault.hint == again
    assert endless.answer.startswith(arrived)
    assert (stalled.answer, silent.answer) == ("half of", "")
    assert endless.timestamps.chunks > 1 and endless.metrics.ttft_ms is not None
    runner.begin(cards("late_text"), "again")
    assert states(to_the_end(runner)) == [RequestState.DONE]


def test_an_engine_that_cannot_start_says_so_and_nothing_of_what_is_kept(
    fresh: Runner, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "COMMAND", [sys.executable, "-c", "raise SystemExit('no room')"])
    run = fresh.begin(cards("good", "burst"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=1, warmup=0))
    to_the_end(fresh)
    for request in some(run.requests.values()):
        assert request.state is RequestState.FAILED and request.fault is not None
        assert request.fault.message == "The engine's process could not start: no room."
        assert request.fault.hint == "Run it again."


def test_what_is_closed_while_the_engine_starts_was_stopped_and_is_still_to_be_asked(
    fresh: Runner, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It never comes so far as to greet.
    monkeypatch.setattr(link, "COMMAND", [sys.executable, "-c", "import sys; sys.stdin.read()"])
    run = fresh.begin(cards("good", "burst"), "hi")
    fresh.tick()
    assert fresh._engine.pid is not None and fresh.close()
    assert states(run) == [RequestState.STOPPED] * 2
    assert sum(map(len, remaining(run.plan, run.requests.values()))) == 2


def test_what_an_engine_that_hangs_was_asked_was_stopped(
    fresh: Runner, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fresh.begin(cards("endless"), "hi")
    until(fresh, lambda: bool(run.requests["r1"].answer))
    assert fresh._engine.pid is not None
    engine = psutil.Process(fresh._engine.pid)
    engine.suspend()  # Closing kills it.
    assert fresh.close()
    assert states(run) == [RequestState.STOPPED] and run.requests["r1"].answer


def test_a_measured_run_goes_on_with_another_engine(runner: Runner, cards: Cards) -> None:
    run = runner.begin(cards("endless", "late_text"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0))
    endless, other = requests_of(runner, "endless"), requests_of(runner, "late_text")
    until(runner, lambda: bool(endless[0].answer))
    kill_engine()
    to_the_end(runner)
    assert [request.state for request in endless] == [RequestState.FAILED, RequestState.SKIPPED]
    assert [request.state for request in other] == [RequestState.DONE, RequestState.DONE]
    assert run.finished


def test_an_engine_that_dies_while_nothing_runs_is_not_missed(runner: Runner, cards: Cards) -> None:
    runner.begin(cards("late_text"), "hi")
    to_the_end(runner)
    kill_engine()
    runner.begin(cards("late_text", "burst"), "again")
    assert states(to_the_end(runner)) == [RequestState.DONE] * 2


def test_an_engine_that_dies_while_a_model_is_loaded_costs_nothing(
    runner: Runner, host: LoopbackHost, cards: Cards
) -> None:
    host.held = {"late_text": threading.Event()}
    runner.begin(cards("late_text"), "hi")
    until(runner, lambda: host.loading == "late_text")
    kill_engine()
    host.held["late_text"].set()
    assert states(to_the_end(runner)) == [RequestState.DONE]


def test_an_engine_that_dies_while_another_is_asked_fails_its_own_requests_only(
    fresh: Runner, memory: RecordingWriter, cards: Cards
) -> None:
    others = engines()

    def kill_before_the_next(entry: dict[str, Any]) -> None:
        # This is recorded just before a request is sent: the engine is gone by then, and nobody has noticed yet.
        if "started" in entry:
            (process,) = (engine for engine in engines() if engine not in others)
            process.kill()
            while fresh._engine.pid is not None:
                time.sleep(0.01)

    run = fresh.begin(cards("endless", "good"), "hi")
    until(fresh, lambda: run.requests["r2"].state.final and bool(run.requests["r1"].answer))
    memory.on_record = kill_before_the_next
    fresh.rerun(run.plan.models[1])
    to_the_end(fresh)
    wanted = [RequestState.FAILED, RequestState.DONE, RequestState.DONE]
    assert states(run) == wanted, [request.fault for request in run.requests.values()]


def test_no_engine_outlives_its_runner(fresh: Runner, cards: Cards) -> None:
    others = engines()
    run = fresh.begin(cards("endless"), "hi")
    until(fresh, lambda: bool(run.requests["r1"].answer))
    assert len(engines()) == len(others) + 1
    fresh.close()
    assert engines() == others
