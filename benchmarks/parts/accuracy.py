"""Every reported field of every stream shape, held against the server's send log."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from benchmarks.expected import Fields, expected
from benchmarks.served import Served
from benchmarks.shape import Shape
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.requests.request import Request
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, BareHost, HostInfo, able
from tui.runner import Runner

SHAPES: dict[str, Shape] = {
    "steady, 50 tok/s": Shape(ttft=200, rate=50, len=60),
    "role alone first": Shape(ttft=300, role=250, rate=50, len=40),
    "bursts of 8": Shape(ttft=100, rate=200, len=200, burst=8),
    "4 tokens a chunk": Shape(ttft=100, rate=100, len=120, tpc=4),
    "1000 tok/s": Shape(ttft=100, rate=1000, len=1000),
    "thinks 1 s": Shape(ttft=100, rate=50, len=80, think=1000),
    "thinks unseen": Shape(ttft=800, rate=50, len=40, hidden=40),
    "no usage": Shape(ttft=100, rate=50, len=40, nousage=1),
    "jitter 30 ms": Shape(ttft=100, rate=50, len=60, jitter=30),
    "stalls 700 ms": Shape(ttft=100, rate=50, len=40, stall=700),
    "usage 400 ms late": Shape(ttft=100, rate=50, len=40, tail=400),
    "events cut in two": Shape(ttft=100, rate=50, len=40, cut=1),
    "one chunk": Shape(ttft=150, len=30, tpc=30),
    "ends without a word": Shape(ttft=100, rate=50, len=30, nofinish=1),
    "loads 250 ms": Shape(ttft=100, rate=50, len=20),
}
LOADS_MS = {"loads 250 ms": 250}
FIELDS = (
    "ttft_ms", "ttfo_ms", "think_ms", "last_ms", "end_ms", "tpot_ms", "decode_tps", "e2e_tps", "answer_chars_per_s",
    "icl_p50_ms", "icl_p95_ms", "icl_max_ms", "tokens_per_chunk", "prefill_tps", "queue_ms", "load_ms", "connect_ms",
)  # fmt: skip
_PATIENCE_S = 30.0


@dataclass(slots=True)
class Judged:
    """One shape: what was reported and what was true, a pair for each time it was asked."""

    shape: str
    pairs: list[tuple[Fields, Fields]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def error(self, name: str) -> float | None:
        """The median of its errors: in ms for times, in percent for all else; None where nothing is known."""
        errors = [
            reported - true if name.endswith("_ms") else 100 * (reported / true - 1)
            for told, truth in self.pairs
            if (reported := told[name]) is not None and (true := truth[name]) is not None
        ]
        return median(errors) if errors else None

    def disagrees(self, name: str) -> bool:
        """Whether something unknown was reported, or something known was not."""
        return any((told[name] is None) != (truth[name] is None) for told, truth in self.pairs)


class _Loader(BareHost):
    """The server as a host that has to load a model first, and notes how long that really took."""

    def __init__(self, url: str) -> None:
        self.abilities = able(Ability.LOAD, why_not="it is a benchmark")
        self._url = url
        self.load_ms: dict[str, int] = {}
        self.loaded_ns: dict[str, int] = {}
        """How long each model's load took, by its id."""

    def connect(self) -> HostInfo:
        return HostInfo("openai", "benchmark", "1", self._url, local=True)

    def catalogue(self) -> tuple[ModelCard, ...]:
        return tuple(self.card(shape.id) for shape in SHAPES.values())

    def card(self, model_id: str) -> ModelCard:
        """A model that is loaded, unless a load is to be measured."""
        state = ModelState.CACHED if model_id in self.load_ms else ModelState.LOADED
        return ModelCard(model_id, model_id, state=state)

    def load(self, model_id: str) -> None:
        began = time.perf_counter_ns()
        time.sleep(self.load_ms.get(model_id, 0) / 1000)
        self.loaded_ns[model_id] = time.perf_counter_ns() - began

    def endpoint(self, model_id: str) -> Endpoint:
        return Endpoint(self._url, model_id)


def judge(served: Served, names: Sequence[str], times: int) -> list[Judged]:
    """Ask each of these shapes alone, `times` each, through the runner and the real engine."""
    judged = {name: Judged(name) for name in names}
    host = _Loader(served.url)
    with _conducting(host) as runner:
        for _ in range(times):
            for name in names:
                _ask(served, host, runner, name, judged[name])
    return list(judged.values())


@contextmanager
def _conducting(host: _Loader) -> Iterator[Runner]:
    runner = Runner(host, Session("benchmark", datetime.now(UTC)))
    try:
        runner.start()
        yield runner
    finally:
        runner.close()


def _ask(served: Served, host: _Loader, runner: Runner, name: str, judged: Judged) -> None:
    shape, before = SHAPES[name], len(served.talks())
    host.load_ms = {shape.id: LOADS_MS[name]} if name in LOADS_MS else {}
    host.loaded_ns = {}
    asked = time.perf_counter_ns()
    run = runner.begin([host.card(shape.id)], "What is a local model?")
    (request,) = run.requests.values()
    if not _to_the_end(runner):
        judged.faults.append("it came to no end")
        return
    talk = served.talks(before)[-1]
    if request.timestamps.chunks != talk.chunks:
        judged.faults.append(f"{talk.chunks} chunks were sent and {request.timestamps.chunks} counted")
        return
    truth = expected(talk)
    load = host.loaded_ns.get(shape.id)
    told = _reported(request)
    truth["load_ms"] = None if load is None else load / 1e6
    connect = told["connect_ms"] or 0.0
    # The greeting of the engine comes before anything is asked; only the first request of a session waits for it.
    began = max(asked, request.timestamps.asked or 0)
    truth["queue_ms"] = max((talk.received - began) / 1e6 - (truth["load_ms"] or 0.0) - connect, 0.0)
    truth["connect_ms"] = 0.0
    judged.pairs.append((told, truth))


def _reported(request: Request) -> Fields:
    timing = request.metrics
    return {name: getattr(timing, name) for name in FIELDS}


def _to_the_end(runner: Runner) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while runner.busy and time.monotonic() < deadline:
        runner.wait(0.01)
        runner.tick()
    return not runner.busy
