"""The numbers of one answer: how many tokens, how fast, after how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tui.core.metrics.metrics import CHUNKED_ABOVE
from tui.core.requests.phases import Live
from tui.core.requests.request import Request, RequestState
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size, duration, milliseconds
from tui.ui.widgets.painted import TEXT, Painted, Row

WIDE = 34
"""Cells from which the first token's time stands beside the speed; below, it opens the second line."""
REASON_LENGTH = 14
EXTRA = 5
"""The rank from which a part is given up before the others are shortened."""
_WIDE_ROWS = (
    ("tokens", "speed", "first", "cached", "mean"),
    ("total", "reason", "race", "answer", "prompt", "chunked", "memory"),
)
_NARROW_ROWS = (
    ("tokens", "speed", "race"),
    ("first", "cached", "total", "reason", "answer", "prompt", "chunked", "memory"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The numbers of one request at one moment. None is unknown; times are in the unit their name says."""

    state: RequestState
    tokens: int | None = None
    estimated: bool = False
    """The tokens, and what is derived from them, are counted from chunks."""
    rate_now: float | None = None
    """Tokens a second over the last second, always an estimate; known only while the request answers."""
    rate: float | None = None
    """Tokens a second over the whole answer."""
    ttft_ms: float | None = None
    """To the first text of any kind."""
    ttfo_ms: float | None = None
    """To the first text of the answer: later, when there was thinking."""
    elapsed: float | None = None
    """Seconds since the request was sent, up to its end."""
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    """Those of the prompt's that came from a cache: then the first text's time is not a fresh prompt's."""
    memory: int | None = None
    """The most that the serving process was seen to hold, in bytes."""
    contended: bool = False
    """Others were in flight, so the times tell of the race."""
    chunked: bool = False
    """The host sends several tokens at once: gaps between chunks say nothing of single tokens."""
    chunks: int = 0
    """How many pieces of text arrived."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a line: in full, in short, and how readily it is given up (the highest goes first)."""

    full: str
    short: str
    rank: int


def reading(request: Request, live: Live) -> Reading:
    """What a request's pane says of it."""
    timestamps = request.timestamps
    # Deriving all metrics takes milliseconds once there are thousands of chunks, and beats come ten times a second.
    per_chunk = request.metrics.tokens_per_chunk if request.state.final else None
    return Reading(
        state=request.state,
        tokens=live.tokens,
        estimated=live.estimated,
        rate_now=live.rate_now,
        rate=live.rate,
        ttft_ms=_ms_between(timestamps.sent, timestamps.at[0] if timestamps.at else None),
        ttfo_ms=_ms_between(timestamps.sent, timestamps.first_output),
        elapsed=live.elapsed,
        finish_reason=request.finish_reason,
        prompt_tokens=request.usage.prompt_tokens if request.usage else None,
        cached_tokens=request.usage.cached_tokens if request.usage else None,
        memory=request.memory.resident_peak if request.memory else None,
        contended=request.spec.contended,
        chunked=per_chunk is not None and per_chunk > CHUNKED_ABOVE,
        chunks=live.chunks,
    )


def lines(reading: Reading, width: int) -> list[str]:
    """The reading as two lines of at most `width` cells. What does not fit is shortened, then left out, never cut."""
    live = reading.rate_now is not None and not reading.state.final
    speed = f"~{reading.rate_now:.1f}" if live else _mean(reading)
    first, answer = (milliseconds(ms, gap="") for ms in (reading.ttft_ms, reading.ttfo_ms))
    thought = reading.ttfo_ms is not None and reading.ttfo_ms != reading.ttft_ms
    brief = reading.elapsed is not None and reading.elapsed < 1
    total = duration(reading.elapsed, digits=2 if brief else 1, gap="") + (
        "" if reading.state.final or reading.elapsed is None else "…"
    )
    reason = clean_line(reading.finish_reason or "", REASON_LENGTH)
    parts = {
        "tokens": _same(_count(reading), 4),
        "speed": _Part(f"{speed} tok/s", f"{speed} t/s", 0),
        "mean": _same(f"mean {_mean(reading)}" if live and reading.rate is not None else "", 6),
        "race": _same("race" if reading.contended else "", 1),
        "first": _Part(f"first {first}", f"1st {first}", 2),
        "cached": _cached(reading),
        "total": _Part(f"total {total}", total, 3),
        # "stop" is what everybody expects, any other reason is news.
        "reason": _same(reason, 5 if reason == "stop" else 1),
        "answer": _same(f"answer {answer}" if thought else "", 4),
        "prompt": _same("" if reading.prompt_tokens is None else f"prompt {reading.prompt_tokens}", 7),
        "memory": _same("" if reading.memory is None else f"host {data_size(reading.memory)}", 8),
        "chunked": _same("chunked" if reading.chunked else "", 6),
    }
    rows = _WIDE_ROWS if width >= WIDE else _NARROW_ROWS
    return [_fit([parts[name] for name in row if parts[name].full], width) for row in rows]


class MetricsRow(Painted):
    """Two lines of numbers, or nothing."""

    DEFAULT_CSS = """
    MetricsRow { height: 2; }
    """

    _shown: Reading | None = None

    def show(self, reading: Reading | None) -> None:
        """Show a reading; None shows nothing, for an answer that is hidden or was not asked for."""
        if reading != self._shown:
            self._shown = reading
            self.repaint()

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """The two lines."""
        return tuple(((line, TEXT),) for line in lines(self._shown, width)) if self._shown else ()


def _same(text: str, rank: int) -> _Part:
    return _Part(text, text, rank)


def _fit(parts: Sequence[_Part], width: int) -> str:
    """The parts in full, else without the extras, else closer and in short, else without what matters least."""
    kept = list(parts)
    while kept:
        least = max(kept, key=lambda part: part.rank)
        for gap, short in (("  ", False),) if least.rank >= EXTRA else (("  ", False), (" ", False), (" ", True)):
            line = gap.join(part.short if short else part.full for part in kept)
            if cell_len(line) <= width:
                return line
        kept.remove(least)
    return ""


def _ms_between(start: int | None, stop: int | None) -> float | None:
    return None if start is None or stop is None else (stop - start) / 1e6


def _cached(reading: Reading) -> _Part:
    """How much of the prompt came from a cache; nothing when none did."""
    if not reading.cached_tokens:
        return _same("", 1)
    of = "" if reading.prompt_tokens is None else f"/{reading.prompt_tokens}"
    return _Part(f"cached {reading.cached_tokens}{of}", "cached", 1)


def _count(reading: Reading) -> str:
    if reading.tokens is None and reading.chunks and reading.state.final:
        return "1 chunk" if reading.chunks == 1 else f"{reading.chunks} chunks"
    return "- tok" if reading.tokens is None else f"{'~' if reading.estimated else ''}{reading.tokens} tok"


def _mean(reading: Reading) -> str:
    return "-" if reading.rate is None else f"{'~' if reading.estimated else ''}{reading.rate:.1f}"
