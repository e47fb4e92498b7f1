"""Driving the engine from a test."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.support.some import any_number_of, some
from tui.core.events import Cancelled, Ended, Event, Explained, Failed
from tui.core.lane import Fault, Lane, LaneSpec, LaneState
from tui.core.plan import Mode
from tui.core.target import Endpoint, Parameters, Timeouts
from tui.engine.link import EngineGone, EngineLink
from tui.engine.protocol import Hello, Start

PATIENCE = 60.0
"""Seconds after which a test gives up waiting; only ever reached by a failure."""


def lane(name: str = "r1") -> Lane:
    return Lane(LaneSpec(name, "plan1", Mode.RACE, "m1", "p1"))


def start(
    name: str, url: str, model: str, timeouts: Timeouts | None = None, parameters: Parameters | None = None
) -> Start:
    question = [{"role": "user", "content": "hi"}]
    return Start(name, Endpoint(url, model), question, parameters or Parameters(), timeouts or Timeouts())


def until_ended(link: EngineLink, names: Sequence[str]) -> list[Event | EngineGone]:
    """Everything the engine says until each of these lanes has ended, or the engine itself."""
    seen: list[Event | EngineGone] = []
    waiting, deadline = set(names), time.monotonic() + PATIENCE
    while waiting and time.monotonic() < deadline:
        link.wait(0.2)
        for message in link.drain():
            if isinstance(message, Hello):
                continue
            seen.append(message)
            if isinstance(message, EngineGone):
                return seen
            if isinstance(message, Ended | Failed | Cancelled):
                waiting.discard(message.lane)
    assert not waiting, f"no end of {waiting}"
    return seen


def ask(
    link: EngineLink, url: str, model: str, timeouts: Timeouts | None = None, parameters: Parameters | None = None
) -> Lane:
    """One request, folded into a lane."""
    return folded(link, start("r1", url, model, timeouts, parameters))


def folded(link: EngineLink, request: Start) -> Lane:
    """A request of the lane `r1`, folded into it."""
    link.send(request)
    asked = lane()
    for event in some(until_ended(link, ["r1"])):
        assert not isinstance(event, EngineGone)
        asked.fold(event)
    return asked


def why_cut(link: EngineLink, lane: Lane) -> Fault:
    """Why this lane was cut, which comes right behind its end."""
    assert lane.state is LaneState.CUT
    deadline = time.monotonic() + PATIENCE
    while lane.fault is None and time.monotonic() < deadline:
        link.wait(0.1)
        for message in any_number_of(link.drain()):
            assert isinstance(message, Explained)
            lane.fold(message)
    assert lane.fault is not None
    return lane.fault
