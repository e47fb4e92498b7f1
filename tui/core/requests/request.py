"""One request: a state machine that is fed with events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tui.core.metrics.metrics import Metrics, NoRate, derive, no_rate
from tui.core.plans.mode import Mode
from tui.core.requests import events as ev
from tui.core.requests.memory_use import MemoryUse
from tui.core.requests.question import Question
from tui.core.requests.timestamps import Timestamps

if TYPE_CHECKING:
    from tui.core.answers.findings import Findings


class RequestState(StrEnum):
    """The state of a request. The last six are final."""

    QUEUED = "queued"
    LOADING = "loading"
    RUNNING = "running"
    DONE = "done"
    EMPTY = "empty"
    CUT = "cut"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"

    final: bool
    """Whether the request has ended. Facts about it may still come; see `Request.fold`."""
    counts: bool
    """Whether the request's latencies may enter a statistic: the answer is complete."""

    __hash__ = str.__hash__  # That of an enumeration is no C.

    def __init__(self, value: str) -> None:
        # Attributes, as reports ask this of each of very many requests.
        self.final = value not in ("queued", "loading", "running")
        self.counts = value == "done"


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """Identifies a request. Plan, model and prompt are keys of its session."""

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
    """Others were in flight: its times are those of a race, not of the model alone."""
    nonce: str = ""
    """The marker at the beginning of its prompt; see `Plan.nonce`."""
    host: str = ""
    """The title of the host that is asked; empty when it is not known."""
    follows: str = ""
    """For a follow-up question: the id of the request whose conversation it goes on with."""


ACCEPTED_AFTER_END = (ev.Usage, ev.Memory, ev.FailureExplained)
"""The events that a request accepts after its end: facts about it that may be known later than its last word."""

UNLOADED = "unloaded"
"""The kind of a fault: the host had not loaded the model when it was asked."""
BROKEN_OFF = "program"
"""The kind of a fault: this program ended during the request."""
SKIPPED = "skipped"
"""The kind of a fault: the request was not made, because the model had failed before."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request failed, was cut or was skipped."""

    kind: str
    message: str
    hint: str = ""
    type: str = ""


class _Text:
    """Text that grows at its end; reading it joins the new parts."""

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
    """One model answering one prompt: what came back so far, and when."""

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
    """In UTC, for people; no number is derived from it."""
    revision: int = field(default=0, compare=False)
    """How many events were folded. It grows after the end, too, so that whoever holds a copy sees that it is old."""
    question: Question | None = field(default=None, compare=False, repr=False)
    """What was asked; None where the request is looked at without its session."""
    _answer: _Text = field(default_factory=_Text)
    _reasoning: _Text = field(default_factory=_Text)
    _findings: tuple[str, Findings] | None = field(default=None, init=False, compare=False, repr=False)
    """What the answer's text shows, with the text that it was found in."""

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
        """The metrics, derived from the timestamps at every call."""
        return derive(self.timestamps, self.usage, len(self.answer))

    @property
    def findings(self) -> Findings | None:
        """What the answer's text shows; None before the end. It is found once, and then known."""
        if not self.state.final:
            return None
        answer = self.answer
        if self._findings is None or self._findings[0] is not answer:
            from tui.core.answers.findings import findings_of

            ended_by_itself = self.state is RequestState.DONE and self.finish_reason != "length"
            self._findings = answer, findings_of(answer, self.question, ended_by_itself=ended_by_itself)
        return self._findings[1]

    @property
    def no_rate(self) -> NoRate | None:
        """Why there is no decode rate; None when there is one."""
        return no_rate(self.timestamps, self.usage)

    def fold(self, event: ev.Event) -> None:
        """Take in one event. After the end, only those in `ACCEPTED_AFTER_END` are; others come too late."""
        self._fold(event)
        # Last, so that another thread that reads the request meanwhile does not take old values for the new revision's.
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
                self._reclassify(event)
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

    def _reclassify(self, event: ev.ThinkingFound) -> None:
        """Move the beginning of the answer to the thinking, without the white space around it."""
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
