"""The engine's process ends by itself."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import psutil
import pytest

from tests.conductor.conftest import Cards
from tests.support.conducting import RecordingKeeper, engines, lanes_of, states, to_the_end, until
from tests.support.loopback_host import LoopbackHost
from tests.support.some import some
from tui.conductor import Conductor
from tui.core.lane import LaneState
from tui.core.plan import Mode
from tui.engine import link


def kill_engine() -> None:
    """Kill the one engine there is, and see it gone."""
    (process,) = engines()
    process.kill()
    psutil.wait_procs([process], timeout=10)


def test_a_killed_engine_fails_what_runs_and_keeps_what_arrived(conductor: Conductor, cards: Cards) -> None:
    run = conductor.begin(cards("endless", "stall_midway", "stall_before_headers"), "hi")
    endless, stalled, silent = run.lanes.values()
    until(conductor, lambda: "more more" in endless.answer and bool(stalled.answer))
    arrived = endless.answer
    kill_engine()
    to_the_end(conductor)
    assert states(run) == [LaneState.FAILED] * 3
    for lane in some(run.lanes.values()):
        assert lane.fault is not None
        assert lane.fault.message == "The engine's process ended before the answer was complete."
        again = "What arrived is kept. Run it again." if lane.answer else "Run it again."
        assert lane.fault.hint == again
    assert endless.answer.startswith(arrived)
    assert (stalled.answer, silent.answer) == ("half of", "")
    assert endless.marks.chunks > 1 and endless.timing.ttft_ms is not None
    conductor.begin(cards("late_text"), "again")
    assert states(to_the_end(conductor)) == [LaneState.DONE]


def test_an_engine_that_cannot_start_says_so_and_nothing_of_what_is_kept(
    fresh: Conductor, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "COMMAND", [sys.executable, "-c", "raise SystemExit('no room')"])
    run = fresh.begin(cards("good", "burst"), "hi", mode=Mode.MEASURE, rounds=1, warmup=0)
    to_the_end(fresh)
    for lane in some(run.lanes.values()):
        assert lane.state is LaneState.FAILED and lane.fault is not None
        assert lane.fault.message == "The engine's process could not start: no room."
        assert lane.fault.hint == "Run it again."


def test_a_measured_run_goes_on_with_another_engine(conductor: Conductor, cards: Cards) -> None:
    run = conductor.begin(cards("endless", "late_text"), "hi", mode=Mode.MEASURE, rounds=2, warmup=0)
    endless, other = lanes_of(conductor, "endless"), lanes_of(conductor, "late_text")
    until(conductor, lambda: bool(endless[0].answer))
    kill_engine()
    to_the_end(conductor)
    assert [lane.state for lane in endless] == [LaneState.FAILED, LaneState.SKIPPED]
    assert [lane.state for lane in other] == [LaneState.DONE, LaneState.DONE]
    assert run.finished


def test_an_engine_that_dies_while_nothing_runs_is_not_missed(conductor: Conductor, cards: Cards) -> None:
    conductor.begin(cards("late_text"), "hi")
    to_the_end(conductor)
    kill_engine()
    conductor.begin(cards("late_text", "burst"), "again")
    assert states(to_the_end(conductor)) == [LaneState.DONE] * 2


def test_an_engine_that_dies_while_a_model_is_loaded_costs_nothing(
    conductor: Conductor, host: LoopbackHost, cards: Cards
) -> None:
    host.held = {"late_text": threading.Event()}
    conductor.begin(cards("late_text"), "hi")
    until(conductor, lambda: host.loading == "late_text")
    kill_engine()
    host.held["late_text"].set()
    assert states(to_the_end(conductor)) == [LaneState.DONE]


def test_an_engine_that_dies_while_another_is_asked_fails_its_own_requests_only(
    fresh: Conductor, memory: RecordingKeeper, cards: Cards
) -> None:
    others = engines()

    def kill_before_the_second(entry: dict[str, Any]) -> None:
        # This is recorded just before a request is sent: the engine is gone by then, and nobody has noticed yet.
        if "started" in entry and sum("started" in one for one in memory.entries) == 2:
            (process,) = (engine for engine in engines() if engine not in others)
            process.kill()
            while fresh._engine.pid is not None:
                time.sleep(0.01)

    memory.on_record = kill_before_the_second
    run = fresh.begin(cards("endless", "good"), "hi")
    to_the_end(fresh)
    assert states(run) == [LaneState.FAILED, LaneState.DONE], [lane.fault for lane in run.lanes.values()]


def test_no_engine_outlives_its_conductor(fresh: Conductor, cards: Cards) -> None:
    others = engines()
    run = fresh.begin(cards("endless"), "hi")
    until(fresh, lambda: bool(run.lanes["r1"].answer))
    assert len(engines()) == len(others) + 1
    fresh.close()
    assert engines() == others
