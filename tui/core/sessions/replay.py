"""A session that was kept, as it went: its answers come again at the instants that were stored of them.

Of a text it is stored when each chunk came, and not which characters it had: the text is spread evenly over its chunks.
Requests are placed on one clock by the time of day at which each was sent. While nothing ran, a person read: of such
gaps a second is left.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from tui.core.blind.orders import is_hidden_from
from tui.core.errors import BadInputError, CompareError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.plan_run import PlanRun
from tui.core.plans.questions import PlanQuestion
from tui.core.requests import events as ev
from tui.core.requests.events import Kind
from tui.core.requests.request import Request
from tui.core.requests.timestamps import Timestamps
from tui.core.scoring.in_effect import RatingsOf
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line

SPEEDS = (1, 2, 4)
"""How many times as fast as it was."""
LONGEST_GAP = 1_000_000_000
"""Nanoseconds for which nothing runs at the most."""
_REASONING = ord(Kind.REASONING)


class Replay:
    """A session as it was at a moment that moves on. It is a `ComparisonView`; nothing is written, asked or scored."""

    pause_s = None
    concealed = False

    def __init__(self, session: Session, clock: Callable[[], int]) -> None:
        """`clock` is steady, in nanoseconds."""
        # In the order of the plan: what was shown blind has been revealed.
        self.session = replace(session, requests={}, orders=[], masks=[])
        self.ratings = RatingsOf(session, "")
        """None: it is shown what was answered, not what was said of it."""
        self.tokens_per_chunk: Mapping[str, float] = _ratios(session)
        self.speed: float = 1
        """How many times as fast as it was."""
        self.paused = False
        self._stored = session
        self._clock = clock
        self._offsets = offsets(session)
        self.length = max(
            (_end(one) + self._offsets[run] for run, one in session.requests.items()), default=0
        )  # fmt: skip
        """Nanoseconds that it takes at its own speed."""
        self._begin()

    def _begin(self) -> None:
        self._at = 0
        self._read_at = self._clock()
        stored = self._stored
        self.session.requests = {
            run: Request(one.spec, started=one.started, question=one.question) for run, one in stored.requests.items()
        }
        order = sorted(stored.requests, key=lambda run: _begin(stored.requests[run]) + self._offsets[run])
        self._waiting = [
            _Playback(stored.requests[run], self.session.requests[run], self._offsets[run]) for run in reversed(order)
        ]
        self._playing: list[_Playback] = []
        self._runs = {key: PlanRun(plan) for key, plan in stored.plans.items()}
        for request in self.session.requests.values():
            self._runs[request.spec.plan].add(request)
        first = self._waiting[-1].request.spec.plan if self._waiting else next(reversed(stored.plans), None)
        self._run = self._runs[first] if first is not None else None

    @property
    def run(self) -> PlanRun | None:
        """The run of the plan that the newest request belongs to."""
        return self._run

    @property
    def busy(self) -> bool:
        """Whether more is to come."""
        return bool(self._waiting or self._playing)

    def models_in_order(self, plan: Plan, question: PlanQuestion | None) -> tuple[str, ...]:
        """The models of a plan in the order of its panes."""
        return plan.models

    def now(self) -> int:
        """The moment that is looked at, in nanoseconds from the beginning."""
        read = self._clock()
        if not self.paused:
            self._at = min(self._at + round((read - self._read_at) * self.speed), self.length)
        self._read_at = read
        return self._at

    def pause(self) -> None:
        """Stand still, or go on; from its end, play it from the beginning."""
        self.now()
        if self.busy:
            self.paused = not self.paused
        else:
            self.paused = False
            self._begin()

    def change_speed(self, step: int) -> None:
        """The next faster speed, or the one before it; the fastest and the slowest stay."""
        self.now()
        known = sorted({*SPEEDS, self.speed})
        self.speed = known[min(max(known.index(self.speed) + step, 0), len(known) - 1)]

    def is_complete(self, request: Request) -> bool:
        """Whether a request has ended."""
        return request.state.final

    def tick(self) -> set[str]:
        """Move on to this moment, and return the ids of the requests that changed since the last call."""
        now = self.now()
        while self._waiting and self._waiting[-1].begin <= now:
            self._playing.append(self._waiting.pop())
            self._run = self._runs[self._playing[-1].request.spec.plan]
        changed = {playback.request.spec.id for playback in self._playing if playback.advance(now)}
        self._playing = [playback for playback in self._playing if not playback.ended]
        return changed

    def call_on_change(self, changed: Callable[[], None]) -> None:
        """Nothing happens but by the clock."""

    def problems(self) -> Sequence[CompareError]:
        """Nothing goes wrong."""
        return ()


def why_not_replayed(session: Session, rater: str, *, hidden: bool = False) -> CompareError | None:
    """Why a session is not shown to a rater as it went, where that would tell what is hidden from them. `hidden` says
    that it is open, and hidden there from who scores it."""
    if not hidden and not is_hidden_from(session, rater):
        return None
    who = clean_line(rater, 40)
    why = f"It is scored blind, hidden from {who}, and how fast answers came would tell which model is which"
    return BadInputError("This session is not replayed yet", why, "Open it: V reveals its models.")


class _Playback:
    """One stored request, and the one that becomes it."""

    def __init__(self, stored: Request, request: Request, offset: int) -> None:
        """`offset` is added to the stored instants, in nanoseconds."""
        self.request = request
        self.begin = _begin(stored) + offset
        self.ended = False
        self._stored = stored
        self._offset = offset
        self._end = _end(stored) + offset
        self._events = _events(stored, offset)
        self._next = next(self._events, None)

    def advance(self, now: int) -> bool:
        """Take in what has come by then; whether there was anything."""
        before = self.request.revision
        while self._next is not None and self._next[0] <= now:
            self.request.fold(self._next[1])
            self._next = next(self._events, None)
        if now >= self._end:
            self._finish()
        return self.request.revision != before

    def _finish(self) -> None:
        request, stored = self.request, self._stored
        request.restore_text(stored.answer, stored.reasoning)
        request.timestamps = _moved(stored.timestamps, self._offset)
        request.usage, request.finish_reason, request.fault = stored.usage, stored.finish_reason, stored.fault
        request.adjusted, request.memory, request.state = stored.adjusted, stored.memory, stored.state
        request.revision += 1
        self.ended = True


def offsets(session: Session) -> dict[str, int]:
    """What is added to each request's stored instants, by its id, to have all on one clock that begins at 0; ns.

    The clock that gave the time of day may have been set meanwhile: what was measured one after another never comes at
    once, and no gap is longer than `LONGEST_GAP`.
    """
    found: dict[str, int] = {}
    latest_end, batch_begin, shift = 0, 0, 0
    batch: tuple[object, ...] | None = None
    for request in _in_order(session):
        begin, end, sent_at = _begin(request), _end(request), _sent_at(request)
        mine = _batch(request)
        usual = batch_begin if mine == batch else latest_end
        # Where the request's own clock stands on that of the day, as far as it is known.
        by_day = None if sent_at is None or request.timestamps.sent is None else sent_at - request.timestamps.sent
        if by_day is None:
            at = usual
        elif mine == batch and shift:
            at = min(max(begin + by_day - shift, batch_begin), latest_end + LONGEST_GAP)
        else:
            earliest = batch_begin if request.spec.mode is Mode.RACE and batch is not None else latest_end
            wanted = begin + by_day - shift if shift else usual
            at = min(max(wanted, earliest), latest_end + LONGEST_GAP)
            shift = begin + by_day - at
        if mine != batch:
            batch, batch_begin = mine, at
        found[request.spec.id] = at - begin
        latest_end = max(latest_end, at + end - begin)
    return found


def _in_order(session: Session) -> list[Request]:
    """The requests in the order in which they were sent; one that was not stands where the session has it."""
    placed: list[tuple[float, Request]] = []
    last = 0.0
    for request in session.requests.values():
        last = request.started.timestamp() if request.started is not None else last
        placed.append((last, request))
    return [request for _, request in sorted(placed, key=lambda one: one[0])]


def _batch(request: Request) -> tuple[object, ...]:
    """What is the same for requests that were in flight together."""
    spec = request.spec
    together = spec.mode is Mode.RACE and not spec.warmup
    return (spec.plan, spec.prompt, spec.round, spec.launch) if together else (spec.id,)


def _sent_at(request: Request) -> int | None:
    """The time of day at which a request was sent on its connection, in nanoseconds since 1970."""
    if request.started is None:
        return None
    return round(request.started.timestamp() * 1e6) * 1000 + max(request.timestamps.connect_ns or 0, 0)


def _begin(request: Request) -> int:
    """The first instant that is stored of a request, on its own clock; 0 when none is."""
    stamps = request.timestamps
    return next((at for at in (stamps.asked, stamps.load_start, stamps.sent) if at is not None), _end(request))


def _end(request: Request) -> int:
    stamps = request.timestamps
    last = [*stamps.at[-1:], stamps.headers, stamps.sent, stamps.load_end, stamps.asked]
    return next((at for at in (stamps.end, *last) if at is not None), 0)


def _events(stored: Request, offset: int) -> Iterator[tuple[int, ev.Event]]:
    """What happened to a request until its end, each with its moment."""
    run, stamps = stored.spec.id, stored.timestamps
    if stamps.asked is not None:
        yield stamps.asked + offset, ev.Queued(run, stamps.asked + offset)
    if stamps.load_start is not None:
        yield stamps.load_start + offset, ev.Loading(run, stamps.load_start + offset)
        if stamps.load_end is not None:
            yield stamps.load_end + offset, ev.Loaded(run, stamps.load_end + offset)
    if stamps.sent is not None:
        at = stamps.sent + offset
        yield at, ev.Sent(run, at, stamps.connect_ns or 0, stamps.reused)
        if stored.adjusted:
            yield at, ev.OptionsDropped(run, at, stored.adjusted)
    if stamps.headers is not None:
        yield stamps.headers + offset, ev.Headers(run, stamps.headers + offset)
    texts = {True: stored.reasoning, False: stored.answer}
    counts = {True: stamps.kinds.count(_REASONING)}
    counts[False] = stamps.chunks - counts[True]
    come = {True: 0, False: 0}
    for instant, read, kind in zip(stamps.at, stamps.reads, stamps.kinds, strict=True):
        thinks = kind == _REASONING
        text, count, number = texts[thinks], counts[thinks], come[thinks]
        piece = text[len(text) * number // count : len(text) * (number + 1) // count]
        come[thinks] += 1
        yield instant + offset, ev.Delta(run, instant + offset, read, Kind(chr(kind)), piece)


def _moved(stamps: Timestamps, offset: int) -> Timestamps:
    def moved(at: int | None) -> int | None:
        return None if at is None else at + offset

    return replace(
        stamps,
        asked=moved(stamps.asked),
        load_start=moved(stamps.load_start),
        load_end=moved(stamps.load_end),
        sent=moved(stamps.sent),
        headers=moved(stamps.headers),
        end=moved(stamps.end),
        at=array("q", (at + offset for at in stamps.at)),
    )


def _ratios(session: Session) -> dict[str, float]:
    """Tokens in a chunk, by the session's key of the model, where the host counted them."""
    found: dict[str, float] = {}
    for request in session.requests.values():
        tokens = request.usage.completion_tokens if request.usage is not None else None
        if tokens and request.timestamps.chunks:
            found[request.spec.model] = tokens / request.timestamps.chunks
    return found
