"""Driving the engine from a test."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.support.some import any_number_of, some
from tui.core.plans.mode import Mode
from tui.core.requests.events import Cancelled, Ended, Event, Failed, FailureExplained
from tui.core.requests.request import Fault, Request, RequestSpec, RequestState
from tui.core.sessions.session_model import Endpoint, Parameters, Timeouts
from tui.engine.engine_client import EngineClient, EngineGone
from tui.engine.protocol import Hello, Start

PATIENCE = 60.0
"""Seconds after which a test gives up waiting; only ever reached by a failure."""


def new_request(name: str = "r1") -> Request:
    return Request(RequestSpec(name, "plan1", Mode.RACE, "m1", "p1"))


def start(
    name: str, url: str, model: str, timeouts: Timeouts | None = None, parameters: Parameters | None = None
) -> Start:
    question = [{"role": "user", "content": "hi"}]
    return Start(name, Endpoint(url, model), question, parameters or Parameters(), timeouts or Timeouts())


def until_ended(link: EngineClient, names: Sequence[str]) -> list[Event | EngineGone]:
    """Everything the engine says until each of these requests has ended, or the engine itself."""
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
                waiting.discard(message.request)
    assert not waiting, f"no end of {waiting}"
    return seen


def ask(
    link: EngineClient, url: str, model: str, timeouts: Timeouts | None = None, parameters: Parameters | None = None
) -> Request:
    """One request, asked and answered."""
    return folded(link, start("r1", url, model, timeouts, parameters))


def folded(link: EngineClient, command: Start) -> Request:
    """The request `r1` as the engine answers this command."""
    link.send(command)
    asked = new_request()
    for event in some(until_ended(link, ["r1"])):
        assert not isinstance(event, EngineGone)
        asked.fold(event)
    return asked


def why_cut(link: EngineClient, request: Request) -> Fault:
    """Why this request was cut, which comes right behind its end."""
    assert request.state is RequestState.CUT
    deadline = time.monotonic() + PATIENCE
    while request.fault is None and time.monotonic() < deadline:
        link.wait(0.1)
        for message in any_number_of(link.drain()):
            assert isinstance(message, FailureExplained)
            request.fold(message)
    assert request.fault is not None
    return request.fault
