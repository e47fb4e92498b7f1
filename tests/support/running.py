"""Driving a runner from a test, and seeing what it hands to its writer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psutil

from tests.support.wine import SLOWNESS
from tui.core.errors import CompareError
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.events import Event, from_dict
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.hosts.base import Host
from tui.runner import Runner, SessionWriter
from tui.runner.keep_alive import KeepAlive

PATIENCE_S = 30.0 * SLOWNESS
"""Seconds after which a test gives up waiting; only ever reached by a failure."""


class RecordingWriter:
    """Keeps everything it is handed, in memory."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.snapshots: list[Session] = []
        self.closed_with: Session | None = None
        self.on_record: Callable[[dict[str, Any]], None] = lambda entry: None
        """Called with each entry, on the thread that brings it."""
        self.on_save: Callable[[Session], None] = lambda snapshot: None

    def record(self, entry: dict[str, Any]) -> None:
        self.entries.append(entry)
        self.on_record(entry)

    def save(self, snapshot: Session, *, soon: bool = False) -> None:
        self.snapshots.append(snapshot)
        self.on_save(snapshot)

    def problems(self) -> Sequence[CompareError]:
        return ()

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        self.closed_with = snapshot
        return True

    def events(self, request_id: str) -> list[Event]:
        """The events recorded of one request."""
        return [from_dict(entry) for entry in self.entries if "event" in entry and entry["request"] == request_id]


def new_runner(host: Host, writer: SessionWriter | None = None, keep_alive: KeepAlive | None = None) -> Runner:
    """A runner with an engine of its own and a new session; `close()` it."""
    session = Session("20261122T110301Z-7f3a", datetime.now(UTC))
    return Runner(host, session, writer, rater="ada", keep_alive=keep_alive)


@contextmanager
def open_runner(
    host: Host, writer: SessionWriter | None = None, *, keep_alive: KeepAlive | None = None
) -> Iterator[Runner]:
    """A new runner, closed at the end."""
    runner = new_runner(host, writer, keep_alive)
    try:
        yield runner
    finally:
        runner.close()


def until(runner: Runner, holds: Callable[[], bool]) -> None:
    """Tick until it holds; fail after a long time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        runner.wait(0.02)
        runner.tick()


def to_the_end(runner: Runner) -> PlanRun:
    """Tick until nothing is left to do, and return the run."""
    until(runner, lambda: not runner.busy)
    assert runner.run is not None
    return runner.run


def requests_of(runner: Runner, model_id: str) -> list[Request]:
    """One model's requests of the current run, in the order they were made."""
    assert runner.run is not None
    requests = runner.run.requests.values()
    return [request for request in requests if runner.session.model_of(request).card.id == model_id]


def states(run: PlanRun) -> list[RequestState]:
    """The state of each request, in the order they were made."""
    return [request.state for request in run.requests.values()]


def engines() -> list[psutil.Process]:
    """The engines that this process has started and that still run."""
    return [child for child in psutil.Process().children() if _is_engine(child)]


def _is_engine(process: psutil.Process) -> bool:
    try:
        return process.cmdline()[-1:] == ["tui.engine"]
    except psutil.NoSuchProcess:
        return False
