"""The runtime's process, stopped and killed under its answers, seen by the conductor that waits for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.program.conftest import needs_runtime
from tests.support.conducting import RecordingKeeper, conducting, states, to_the_end, until
from tests.support.some import some
from tui.conductor import Conductor
from tui.core.errors import ModelFailedError
from tui.core.lane import LaneState
from tui.core.model_card import ModelCard, ModelState
from tui.core.run import Run
from tui.hosts.embedded.host import EmbeddedHost

pytestmark = needs_runtime

QUESTION = "Why do people store the weights with fewer bits?"
TRIES = 20


@pytest.fixture(scope="module")
def host(data: Path) -> Iterator[EmbeddedHost]:
    made = EmbeddedHost(data)
    yield made
    made.close()


@pytest.fixture
def keeper() -> RecordingKeeper:
    return RecordingKeeper()


@pytest.fixture
def conductor(host: EmbeddedHost, keeper: RecordingKeeper) -> Iterator[Conductor]:
    with conducting(host, keeper) as running:
        yield running


def suspend_at_text(runtime: psutil.Process, entry: dict[str, Any]) -> None:
    """Have the runtime stand still if this entry brings text."""
    if entry.get("event") == "delta":
        runtime.suspend()


def has_text(run: Run) -> bool:
    """Whether any of its answers has begun."""
    return any(lane.answer for lane in run.lanes.values())


def frozen(host: EmbeddedHost, keeper: RecordingKeeper, conductor: Conductor, cards: Sequence[ModelCard]) -> Run:
    """A run whose answers all stand still in their middle: the runtime is suspended as soon as any text has arrived.

    A short one lasts but some 50 ms, so that it may have come to its end before: then all are asked again.
    """
    for _ in range(TRIES):
        runtime = psutil.Process(host.connect().pid)
        keeper.on_record = partial(suspend_at_text, runtime)
        run = conductor.begin(cards, QUESTION)
        until(conductor, partial(has_text, run))
        keeper.on_record = lambda entry: None
        # What had left it before arrives still: until nothing more does, nobody knows who had ended.
        while conductor.tick():
            conductor.wait(0.1)
        if not any(lane.state.final for lane in run.lanes.values()):
            return run
        runtime.resume()
        to_the_end(conductor)
    raise AssertionError("no answer could be caught in its middle")


def test_a_runtime_killed_in_the_middle_fails_its_answers_and_the_next_run_works(
    host: EmbeddedHost, keeper: RecordingKeeper, conductor: Conductor
) -> None:
    # The smallest writes its whole answer within the moment that it takes to suspend it.
    cards = sorted(host.catalogue(), key=lambda card: card.parameters or 0)[1:]
    run = frozen(host, keeper, conductor, cards)
    runtime = psutil.Process(host.connect().pid)
    arrived = {name: lane.answer for name, lane in run.lanes.items()}
    runtime.kill()
    to_the_end(conductor)
    assert states(run) == [LaneState.FAILED] * len(cards)
    for name, lane in some(run.lanes.items()):
        assert lane.fault is not None and lane.fault.kind == "stream"
        assert lane.fault.message == "The embedded runtime ended by itself. It was ended by signal 9 (Killed)."
        assert lane.fault.hint == ("What arrived is kept. Run it again." if lane.answer else "Run it again.")
        assert lane.answer.startswith(arrived[name])
    assert any(arrived.values())
    assert run.lanes.items() <= keeper.snapshots[-1].lanes.items()

    again = conductor.begin(cards, QUESTION)
    to_the_end(conductor)
    assert states(again) == [LaneState.DONE] * len(cards)
    assert all(lane.timing.load_ms is not None for lane in some(again.lanes.values()))
    assert host.connect().pid != runtime.pid


def test_a_stopped_answer_lets_go_of_its_model(
    host: EmbeddedHost, keeper: RecordingKeeper, conductor: Conductor
) -> None:
    card = max(host.catalogue(), key=lambda card: card.parameters or 0)
    run = frozen(host, keeper, conductor, [card])
    (lane,) = run.lanes.values()
    try:
        conductor.stop(lane.spec.id)
        to_the_end(conductor)
    finally:
        psutil.Process(host.connect().pid).resume()
    assert lane.state is LaneState.STOPPED and lane.answer

    conductor.rerun(lane.spec.model)
    to_the_end(conductor)
    assert states(run) == [LaneState.STOPPED, LaneState.DONE]
    assert len(list(run.lanes.values())[1].answer) > len(lane.answer)
    until(conductor, lambda: unloaded(host, card.id))
    assert {known.id: known.state for known in host.catalogue()}[card.id] is ModelState.CACHED


def unloaded(host: EmbeddedHost, model: str) -> bool:
    """Whether the model could be unloaded: the runtime refuses while an answer still uses it."""
    try:
        host.unload(model)
    except ModelFailedError:
        return False
    return True


def gone(process: psutil.Process) -> bool:
    """Whether it has ended: on a busy machine that may be a while after it was killed."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_runtime_killed_between_two_runs_is_not_missed(host: EmbeddedHost, conductor: Conductor) -> None:
    cards = host.catalogue()[:1]
    for _ in range(2):
        run = conductor.begin(cards, QUESTION)
        to_the_end(conductor)
        assert states(run) == [LaneState.DONE]
        runtime = psutil.Process(host.connect().pid)
        runtime.kill()
        until(conductor, partial(gone, runtime))
