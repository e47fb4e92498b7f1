"""What a lane spent its time on, and what it shows while it still runs."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from tui.core.lane import Lane, LaneState
from tui.core.phase import Phase


@dataclass(frozen=True, slots=True)
class Span:
    """One phase, in seconds since the lane was asked for."""

    phase: Phase
    start: float
    stop: float


def spans(lane: Lane, now: int) -> tuple[Span, ...]:
    """The lane's phases so far. `now` is the engine's clock in nanoseconds; it bounds only lanes still running."""
    marks = lane.marks
    asked = next((at for at in (marks.asked, marks.load_start, marks.sent) if at is not None), None)
    if asked is None:
        return ()
    stop = now if not lane.state.final else marks.end
    if stop is None:
        stop = marks.at[-1] if marks.at else marks.sent or asked
    first = marks.at[0] if marks.at else None
    answer = marks.first_output
    starts = (
        (Phase.QUEUE, asked),
        (Phase.LOAD, marks.load_start),
        (Phase.QUEUE, marks.load_end),
        (Phase.PREFILL, marks.sent),
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
    """What arrived: all that is known of an answer's length when it has ended and nobody counted its tokens."""
    estimated: bool
    """True unless the host itself reported the tokens: counted from chunks, or by a tokenizer. Shown with a tilde."""
    rate_now: float | None
    """Tokens a second over the last second; None unless the lane is answering."""
    rate: float | None
    """Tokens a second: an estimate while the lane answers, then the decode rate if it is known."""
    elapsed: float | None
    """Seconds since the request was sent."""


def live(lane: Lane, now: int, tokens_per_chunk: float = 1.0) -> Live:
    """The counters at `now`. `tokens_per_chunk` is this model's last known ratio, 1 until one is known.

    Chunks stand for tokens while the lane answers, and no longer: how many tokens were in them nobody knows.
    """
    marks = lane.marks
    counted = lane.usage.completion_tokens if lane.usage else None
    by_server = lane.usage is not None and lane.usage.source == "server"
    chunks = marks.chunks
    running = lane.state is LaneState.RUNNING
    tokens = counted if counted is not None or not running or not chunks else round(chunks * tokens_per_chunk)
    stop = now if running else marks.end
    # All metrics of a long answer take milliseconds to derive: too long for every beat.
    rate = lane.timing.decode_tps if lane.state.final else None
    if running and counted is None and chunks > 1 and marks.at[-1] > marks.at[0]:
        rate = (chunks - 1) * tokens_per_chunk * 1e9 / (marks.at[-1] - marks.at[0])
    recent = None
    if running and chunks:
        second_ago = bisect_left(marks.at, now - 1_000_000_000)
        window = min(now - marks.at[0], 1_000_000_000)
        recent = (chunks - second_ago) * tokens_per_chunk * 1e9 / window if window >= 200_000_000 else None
    return Live(
        tokens=tokens,
        chunks=chunks,
        estimated=tokens is not None and (counted is None or not by_server),
        rate_now=recent,
        rate=rate,
        elapsed=(stop - marks.sent) / 1e9 if stop is not None and marks.sent is not None else None,
    )
