"""How a request spent its time, and its counters while it runs."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from tui.core.metrics.metrics import Metrics
from tui.core.requests.phase import Phase
from tui.core.requests.request import Request, RequestState


@dataclass(frozen=True, slots=True)
class Span:
    """One phase, in seconds since the request was asked for."""

    phase: Phase
    start: float
    stop: float


def spans(request: Request, now: int) -> tuple[Span, ...]:
    """The request's phases so far. `now` is the engine's clock in nanoseconds: the end of a phase that still runs."""
    timestamps = request.timestamps
    asked = next((at for at in (timestamps.asked, timestamps.load_start, timestamps.sent) if at is not None), None)
    if asked is None:
        return ()
    stop = now if not request.state.final else timestamps.end
    if stop is None:
        stop = timestamps.at[-1] if timestamps.at else timestamps.sent or asked
    first = timestamps.at[0] if timestamps.at else None
    answer = timestamps.first_output
    starts = (
        (Phase.QUEUE, asked),
        (Phase.LOAD, timestamps.load_start),
        (Phase.QUEUE, timestamps.load_end),
        (Phase.PREFILL, timestamps.sent),
        (Phase.THINK, first if first != answer else None),
        (Phase.ANSWER, answer),
    )
    known = [(phase, at) for phase, at in starts if at is not None]
    ends = [at for _, at in known[1:]] + [max(stop, known[-1][1])]
    return tuple(
        Span(phase, (at - asked) / 1e9, (end - asked) / 1e9)
        for (phase, at), end in zip(known, ends, strict=True)
        if end > at
    )


@dataclass(frozen=True, slots=True)
class Live:
    """The counters of one pane. None is shown as a dash."""

    tokens: int | None
    chunks: int
    """How many chunks arrived: all that is known of an answer's length where its tokens were not counted."""
    estimated: bool
    """Whether the tokens were counted from chunks, or by a tokenizer, and not by the host. Shown with a tilde."""
    rate_now: float | None
    """Tokens a second over the last second; None unless the request is answering."""
    rate: float | None
    """Tokens a second: an estimate while the answer arrives, then the decode rate if it is known."""
    elapsed: float | None
    """Seconds since the request was sent."""


def live(request: Request, now: int, tokens_per_chunk: float = 1.0, metrics: Metrics | None = None) -> Live:
    """The counters at `now`. `tokens_per_chunk` is this model's last known ratio, 1 until one is known.

    Chunks are taken for tokens only while the answer arrives: how many tokens they held is not known.
    `metrics` are those of a request that has ended, where the caller has derived them already.
    """
    timestamps = request.timestamps
    counted = request.usage.completion_tokens if request.usage else None
    by_server = request.usage is not None and request.usage.source == "server"
    chunks = timestamps.chunks
    running = request.state is RequestState.RUNNING
    tokens = counted if counted is not None or not running or not chunks else round(chunks * tokens_per_chunk)
    stop = now if running else timestamps.end
    # All metrics of a long answer take milliseconds to derive: too long for every frame.
    rate = (metrics or request.metrics).decode_tps if request.state.final else None
    if running and counted is None and chunks > 1 and timestamps.at[-1] > timestamps.at[0]:
        rate = (chunks - 1) * tokens_per_chunk * 1e9 / (timestamps.at[-1] - timestamps.at[0])
    recent = None
    if running and chunks:
        second_ago = bisect_left(timestamps.at, now - 1_000_000_000)
        window = min(now - timestamps.at[0], 1_000_000_000)
        recent = (chunks - second_ago) * tokens_per_chunk * 1e9 / window if window >= 200_000_000 else None
    return Live(
        tokens=tokens,
        chunks=chunks,
        estimated=tokens is not None and (counted is None or not by_server),
        rate_now=recent,
        rate=rate,
        elapsed=(stop - timestamps.sent) / 1e9 if stop is not None and timestamps.sent is not None else None,
    )
