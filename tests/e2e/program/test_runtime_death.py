"""The runtime's process, stopped and killed under its answers, seen by the runner that waits for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.program.conftest import needs_runtime
from tests.support.running import RecordingWriter, open_runner, states, to_the_end, until
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import ModelFailedError
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.request import RequestState
from tui.hosts.embedded.host import EmbeddedHost
from tui.runner import Runner

pytestmark = needs_runtime

QUESTION = "Why do people store the weights with fewer bits?"
TRIES = 20


@pytest.fixture(scope="module")
def host(data: Path) -> Iterator[EmbeddedHost]:
    made = EmbeddedHost(data)
    yield made
    made.close()


@pytest.fixture
def writer() -> RecordingWriter:
    return RecordingWriter()


@pytest.fixture
def runner(host: EmbeddedHost, writer: RecordingWriter) -> Iterator[Runner]:
    with open_runner(host, writer) as running:
        yield running


def suspend_at_text(runtime: psutil.Process, entry: dict[str, Any]) -> None:
    """Have the runtime stand still if this entry brings text."""
    if entry.get("event") == "delta":
        runtime.suspend()


def has_text(run: PlanRun) -> bool:
    """Whether any of its answers has begun."""
    return any(request.answer for request in run.requests.values())


def frozen(host: EmbeddedHost, writer: RecordingWriter, runner: Runner, cards: Sequence[ModelCard]) -> PlanRun:
    """A run whose answers all stand still in their middle: the runtime is suspended as soon as any text has arrived.

    A short one lasts but some 50 ms, so that it may have come to its end before: then all are asked again.
    """
    for _ in range(TRIES):
        runtime = psutil.Process(host.connect().pid)
        writer.on_record = partial(suspend_at_text, runtime)
        run = runner.begin(cards, QUESTION)
        until(runner, partial(has_text, run))
        writer.on_record = lambda entry: None
        # What had left it before arrives still: until nothing more does, nobody knows who had ended.
        while runner.tick():
            runner.wait(0.1)
        if not any(request.state.final for request in run.requests.values()):
            return run
        runtime.resume()
        to_the_end(runner)
    raise AssertionError("no answer could be caught in its middle")


def test_a_runtime_killed_in_the_middle_fails_its_answers_and_the_next_run_works(
    host: EmbeddedHost, writer: RecordingWriter, runner: Runner
) -> None:
    # The smallest writes its whole answer within the moment that it takes to suspend it.
    cards = sorted(host.catalogue(), key=lambda card: card.parameters or 0)[1:]
    run = frozen(host, writer, runner, cards)
    runtime = psutil.Process(host.connect().pid)
    arrived = {name: request.answer for name, request in run.requests.items()}
    runtime.kill()
    to_the_end(runner)
    assert states(run) == [RequestState.FAILED] * len(cards)
    for name, request in some(run.requests.items()):
        assert request.fault is not None and request.fault.kind == "stream"
        assert request.fault.message == "The embedded runtime ended by itself. It was ended by signal 9 (Killed)."
        assert request.fault.hint == ("What arrived is kept. Run it again." if request.answer else "Run it again.")
        assert request.answer.startswith(arrived[name])
    assert any(arrived.values())
    assert run.requests.items() <= writer.snapshots[-1].requests.items()

    again = runner.begin(cards, QUESTION)
    to_the_end(runner)
    assert states(again) == [RequestState.DONE] * len(cards)
    assert all(request.metrics.load_ms is not None for request in some(again.requests.values()))
    assert host.connect().pid != runtime.pid


def test_a_stopped_answer_lets_go_of_its_model(host: EmbeddedHost, writer: RecordingWriter, runner: Runner) -> None:
    card = max(host.catalogue(), key=lambda card: card.parameters or 0)
    run = frozen(host, writer, runner, [card])
    (request,) = run.requests.values()
    try:
        runner.stop(request.spec.id)
        to_the_end(runner)
    finally:
        psutil.Process(host.connect().pid).resume()
    assert request.state is RequestState.STOPPED and request.answer

    runner.rerun(request.spec.model)
    to_the_end(runner)
    assert states(run) == [RequestState.STOPPED, RequestState.DONE]
    assert len(list(run.requests.values())[1].answer) > len(request.answer)
    until(runner, lambda: unloaded(host, card.id))
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


def test_a_runtime_killed_between_two_runs_is_not_missed(host: EmbeddedHost, runner: Runner) -> None:
    cards = host.catalogue()[:1]
    for _ in range(2):
        run = runner.begin(cards, QUESTION)
        to_the_end(runner)
        assert states(run) == [RequestState.DONE]
        runtime = psutil.Process(host.connect().pid)
        runtime.kill()
        until(runner, partial(gone, runtime))
