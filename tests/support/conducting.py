"""Driving a conductor from a test, and seeing what it hands to its keeper."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psutil

from tui.conductor import Conductor, Keeper, new_session
from tui.conductor.keep_warm import KeepWarm
from tui.core.errors import CompareError
from tui.core.events import Event, from_dict
from tui.core.lane import Lane, LaneState
from tui.core.run import Run
from tui.core.session import Session
from tui.hosts.host import Host

PATIENCE_S = 30.0
"""Seconds after which a test gives up waiting; only ever reached by a failure."""


class RecordingKeeper:
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

    def events(self, lane_id: str) -> list[Event]:
        """The events recorded of one lane."""
        return [from_dict(entry) for entry in self.entries if "event" in entry and entry["lane"] == lane_id]


def new_conductor(host: Host, keeper: Keeper | None = None, keep_warm: KeepWarm | None = None) -> Conductor:
    """A conductor with an engine of its own and a new session; `close()` it."""
    session = new_session("20261122T110301Z-7f3a", datetime.now(UTC))
    return Conductor(host, session, keeper, rater="ada", keep_warm=keep_warm)


@contextmanager
def conducting(host: Host, keeper: Keeper | None = None, *, keep_warm: KeepWarm | None = None) -> Iterator[Conductor]:
    """A new conductor, closed at the end."""
    conductor = new_conductor(host, keeper, keep_warm)
    try:
        yield conductor
    finally:
        conductor.close()


def until(conductor: Conductor, holds: Callable[[], bool]) -> None:
    """Tick until it holds; fail after a long time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        conductor.wait(0.02)
        conductor.tick()


def to_the_end(conductor: Conductor) -> Run:
    """Tick until nothing is left to do, and return the run."""
    until(conductor, lambda: not conductor.busy)
    assert conductor.run is not None
    return conductor.run


def lanes_of(conductor: Conductor, model_id: str) -> list[Lane]:
    """One model's lanes of the current run, in the order they were made."""
    assert conductor.run is not None
    lanes = conductor.run.lanes.values()
    return [lane for lane in lanes if conductor.session.target_of(lane).card.id == model_id]


def states(run: Run) -> list[LaneState]:
    """The state of each lane, in the order they were made."""
    return [lane.state for lane in run.lanes.values()]


def engines() -> list[psutil.Process]:
    """The engines that this process has started and that still run."""
    return [child for child in psutil.Process().children() if _is_engine(child)]


def _is_engine(process: psutil.Process) -> bool:
    try:
        return process.cmdline()[-1:] == ["tui.engine"]
    except psutil.NoSuchProcess:
        return False
