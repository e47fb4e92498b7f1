"""One model answering one prompt: a small state machine fed with events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tui.core.metrics.metrics import Metrics, NoRate, derive, no_rate
from tui.core.plans.plan import Mode
from tui.core.requests import events as ev
from tui.core.requests.memory_use import MemoryUse
from tui.core.requests.timestamps import Timestamps


class RequestState(StrEnum):
    """Where a request is. The last six are final."""

    QUEUED = "queued"
    LOADING = "loading"
    RUNNING = "running"
    DONE = "done"
    EMPTY = "empty"
    CUT = "cut"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"

    @property
    def final(self) -> bool:
        """Whether the request is over. Something may still be learnt of it; see `Request.fold`."""
        return self not in (RequestState.QUEUED, RequestState.LOADING, RequestState.RUNNING)

    @property
    def counts(self) -> bool:
        """Whether the request's latencies may enter a statistic: it answered, and came to its own end."""
        return self is RequestState.DONE


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """Which request this is. The keys are those of its session."""

    id: str
    plan: str
    mode: Mode
    model: str
    prompt: str
    round: int = 1
    launch: int = 1
    """1, and one more for each rerun of the same model, prompt and round."""
    warmup: bool = False
    contended: bool = False
    """Others were in flight: its times tell of the whole race, not of the model alone."""
    nonce: str = ""
    """The marker that its prompt began with; see `Plan.nonce`."""


LEARNT = (ev.Usage, ev.Memory, ev.FailureExplained)
"""What a request still takes in after its end: facts about the request, which may be known later than its last word."""

UNLOADED = "unloaded"
"""The kind of a fault that says: the host had not loaded the model when it was asked."""
BROKEN_OFF = "program"
"""The kind of a fault that says: this program came to its end while the request was made."""
SKIPPED = "skipped"
"""The kind of a fault that says: nothing was asked, because the model had failed before."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request failed, was cut or was skipped."""

    kind: str
    message: str
    hint: str = ""
    type: str = ""


class _Text:
    """Text that grows at its end; reading it joins what has come since."""

    __slots__ = ("_parts",)

    def __init__(self, text: str = "") -> None:
        self._parts = [text] if text else []

    def add(self, text: str) -> None:
        self._parts.append(text)

    def __str__(self) -> str:
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""


@dataclass(slots=True)
class Request:
    """The request, what came back so far, and when."""

    spec: RequestSpec
    state: RequestState = RequestState.QUEUED
    timestamps: Timestamps = field(default_factory=Timestamps)
    usage: ev.Usage | None = None
    finish_reason: str | None = None
    fault: Fault | None = None
    adjusted: tuple[str, ...] = ()
    """Options of the plan that the host refused and that were left out; see `events.OptionsDropped`."""
    memory: MemoryUse | None = None
    started: datetime | None = None
    """UTC, for people; no number is derived from it."""
    revision: int = field(default=0, compare=False)
    """How many events were folded. After the end it still grows: whoever keeps a copy sees by it that more is known."""
    _answer: _Text = field(default_factory=_Text)
    _reasoning: _Text = field(default_factory=_Text)

    @property
    def answer(self) -> str:
        """The answer so far, refusals included, raw as received."""
        return str(self._answer)

    @property
    def reasoning(self) -> str:
        """The thinking so far, raw as received."""
        return str(self._reasoning)

    @property
    def metrics(self) -> Metrics:
        """The metrics, derived from the marks."""
        return derive(self.timestamps, self.usage, len(self.answer))

    @property
    def no_rate(self) -> NoRate | None:
        """Why there is no decode rate; None when there is one."""
        return no_rate(self.timestamps, self.usage)

    def fold(self, event: ev.Event) -> None:
        """Take one event in. After the end only what is `LEARNT` is taken; all else is a late echo."""
        self._fold(event)
        # Last: another thread that reads the request meanwhile must not take the new number for what it read.
        self.revision += 1

    def restore_text(self, answer: str, reasoning: str) -> None:
        """Set the texts of a request read back from a session file."""
        self._answer, self._reasoning = _Text(answer), _Text(reasoning)

    def _fold(self, event: ev.Event) -> None:
        match event:
            case ev.Usage():
                self.usage = event
            case ev.Memory():
                self.memory = (self.memory or MemoryUse()).seen(event)
            case ev.FailureExplained(message=message, hint=hint):
                if self.fault is not None:
                    self.fault = replace(self.fault, message=message, hint=hint)
                elif self.state is RequestState.CUT:
                    self.fault = Fault("stream", message, hint)
            case _:
                self._move(event)

    def _move(self, event: ev.Event) -> None:
        if self.state.final:
            return
        timestamps = self.timestamps
        match event:
            case ev.Queued(at=at):
                timestamps.asked = at
            case ev.Loading(at=at):
                self.state, timestamps.load_start = RequestState.LOADING, at
            case ev.Loaded(at=at):
                self.state, timestamps.load_end = RequestState.QUEUED, at
            case ev.Sent():
                self.state, timestamps.sent = RequestState.RUNNING, event.at
                timestamps.connect_ns, timestamps.reused = event.connect_ns, event.reused
            case ev.OptionsDropped(left_out=left_out):
                self.adjusted = left_out
            case ev.Headers(at=at):
                timestamps.headers = at
            case ev.Delta():
                self._take(event)
            case ev.ThinkingFound():
                self._think_again(event)
            case ev.Ended():
                self._end(event)
            case ev.Failed():
                self.state, timestamps.end = RequestState.FAILED, event.at
                self.fault = Fault(event.kind, event.message, event.hint, event.type)
            case ev.Cancelled(at=at):
                self.state, timestamps.end = RequestState.STOPPED, at
            case ev.Skipped(message=message, hint=hint):
                self.state = RequestState.SKIPPED
                if message:
                    self.fault = Fault(SKIPPED, message, hint)

    def _take(self, delta: ev.Delta) -> None:
        if not delta.text:
            return
        self.timestamps.add(delta.at, delta.read, delta.kind)
        if delta.kind is ev.Kind.REASONING:
            self._reasoning.add(delta.text)
        else:
            self._answer.add(delta.text)

    def _think_again(self, event: ev.ThinkingFound) -> None:
        """Take what came as the beginning of the answer for thinking, white space around it left out."""
        text = self.answer
        thought = self.reasoning + text[: event.thought_chars]
        self._reasoning, self._answer = _Text(thought.strip()), _Text(text[event.answer_from :])
        self.timestamps.think_first(event.chunks)

    def _end(self, event: ev.Ended) -> None:
        self.timestamps.end = event.at
        self.finish_reason = event.finish_reason
        if event.finish_reason is None and not event.done_marker:
            self.state = RequestState.CUT
        else:
            self.state = RequestState.DONE if self.timestamps.chunks else RequestState.EMPTY
