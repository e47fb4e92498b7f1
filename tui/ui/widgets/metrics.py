"""The numbers of one answer: how many tokens, how fast, after how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

from tui.core.metrics.metrics import Metrics, derive_first
from tui.core.metrics.registry import Place, flags_in, metrics_in
from tui.core.requests.phases import Live
from tui.core.requests.request import Request, RequestState
from tui.core.text.clean import clean_line
from tui.core.text.formatting import data_size, duration, quantity
from tui.ui.cells import cut
from tui.ui.widgets.painted import TEXT, Painted, Row
from tui.ui.widgets.scores import NOTE

WIDE = 34
"""Cells from which the first token's time stands beside the speed; below, it opens the second line."""
REASON_LENGTH = 14
EXTRA = 5
"""The rank from which a part is given up before the others are shortened."""
_WIDE_ROWS = (
    ("tokens", "decode_tps", "ttft_ms", "from_cache", "mean"),
    ("end_ms", "reason", "contended", "ttfo_ms", "prompt", "chunked", "memory"),
)
_NARROW_ROWS = (
    ("tokens", "decode_tps", "contended"),
    ("ttft_ms", "from_cache", "end_ms", "reason", "ttfo_ms", "prompt", "chunked", "memory"),
)
"""Where the parts stand that have a place of their own. All other metrics and flags follow in the second line."""


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
    elapsed: float | None = None
    """Seconds since the request was sent, up to its end."""
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    memory: int | None = None
    """The most that the serving process was seen to hold, in bytes."""
    chunks: int = 0
    """How many pieces of text arrived."""
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    """By name, those of the registry's metrics that a pane shows and that say something of this request."""
    flags: Mapping[str, str] = field(default_factory=dict)
    """By name, those of the registry's flags that a pane shows and that hold, with their amount."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a line: in full, in short, and how readily it is given up (the highest goes first)."""

    full: str
    short: str
    rank: int


def known_metrics(request: Request) -> Metrics:
    """The metrics that a pane may show: all of a request that has ended, and of a running one those that are certain.

    Deriving all of them takes milliseconds once there are thousands of chunks: too long for every frame.
    """
    return request.metrics if request.state.final else derive_first(request.timestamps)


def reading(request: Request, live: Live, metrics: Metrics | None = None) -> Reading:
    """What a request's pane says of it. `metrics` are `known_metrics()`, where the caller has them already."""
    derived = metrics or known_metrics(request)
    return Reading(
        state=request.state,
        tokens=live.tokens,
        estimated=live.estimated,
        rate_now=live.rate_now,
        rate=live.rate,
        elapsed=live.elapsed,
        finish_reason=request.finish_reason,
        prompt_tokens=request.usage.prompt_tokens if request.usage else None,
        memory=request.memory.resident_peak if request.memory else None,
        chunks=live.chunks,
        metrics={
            metric.name: metric.read(request, derived)
            for metric in metrics_in(Place.PANE)
            if metric.pane_shows_if(derived)
        },
        flags={flag.name: flag.amount(request) for flag in flags_in(Place.PANE) if flag.holds(request, derived)},
    )


def lines(reading: Reading, width: int, rows: int = 2) -> list[str]:
    """The reading as `rows` lines, one or two, of at most `width` cells. What does not fit is shortened, then left out,
    never cut."""
    live = reading.rate_now is not None and not reading.state.final
    speed = f"~{reading.rate_now:.1f}" if live else _mean(reading)
    brief = reading.elapsed is not None and reading.elapsed < 1
    total = duration(reading.elapsed, digits=2 if brief else 1, gap="") + (
        "" if reading.state.final or reading.elapsed is None else "…"
    )
    reason = clean_line(reading.finish_reason or "", REASON_LENGTH)
    parts = {
        "tokens": _same(_count(reading), 4),
        # These two are counted while the answer grows, long before they are metrics.
        "decode_tps": _Part(f"{speed} tok/s", f"{speed} t/s", 0),
        "end_ms": _Part(f"total {total}", total, 3),
        "mean": _same(f"mean {_mean(reading)}" if live and reading.rate is not None else "", 6),
        # "stop" is what everybody expects, any other reason is news.
        "reason": _same(reason, 5 if reason == "stop" else 1),
        "prompt": _same("" if reading.prompt_tokens is None else f"prompt {reading.prompt_tokens}", 7),
        "memory": _same("" if reading.memory is None else f"host {data_size(reading.memory)}", 8),
    }
    parts = _registered(reading) | parts
    first, second = _WIDE_ROWS if width >= WIDE else _NARROW_ROWS
    placed = {*first, *second}
    second = (*second, *(name for name in parts if name not in placed))
    placed_rows = [(*first, *second)] if rows == 1 else [first, second]
    return [_fit([parts[name] for name in row if name in parts and parts[name].full], width) for row in placed_rows]


def _registered(reading: Reading) -> dict[str, _Part]:
    """The parts that the registry describes, by name."""
    parts = {}
    for metric in metrics_in(Place.PANE):
        value = reading.metrics.get(metric.name)
        if value is not None or metric.pane_shows_unknown:
            number, name = quantity(value, metric.unit, gap=""), metric.short_label
            full, short = f"{name} {number}".lstrip(), f"{metric.shortest or name} {number}".lstrip()
            parts[metric.name] = _Part(full, short, metric.rank)
    for flag in flags_in(Place.PANE):
        if flag.name in reading.flags:
            parts[flag.name] = _Part(f"{flag.sign} {reading.flags[flag.name]}".rstrip(), flag.sign, flag.rank)
    return parts


class MetricsRow(Painted):
    """Two lines of numbers, or one where it has one row; or a note in their place; or nothing."""

    DEFAULT_CSS = """
    MetricsRow { height: 2; }
    """

    _shown: Reading | None = None
    _note = ""

    def show_note(self, note: str) -> None:
        """Show a note instead, which may come from outside as it is; an empty one shows the numbers again."""
        if note != self._note:
            self._note = note
            self.repaint()

    def show(self, reading: Reading | None) -> None:
        """Show a reading; None shows nothing, for an answer that is hidden or was not asked for."""
        if reading != self._shown:
            self._shown = reading
            self.repaint()

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """The lines."""
        if self._note:
            return (((cut(f"{NOTE} {clean_line(self._note, 4 * width)}", width), TEXT),),)
        rows = min(max(self.size.height, 1), 2)
        return tuple(((line, TEXT),) for line in lines(self._shown, width, rows)) if self._shown else ()


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


def _count(reading: Reading) -> str:
    if reading.tokens is None and reading.chunks and reading.state.final:
        return "1 chunk" if reading.chunks == 1 else f"{reading.chunks} chunks"
    return "- tok" if reading.tokens is None else f"{'~' if reading.estimated else ''}{reading.tokens} tok"


def _mean(reading: Reading) -> str:
    return "-" if reading.rate is None else f"{'~' if reading.estimated else ''}{reading.rate:.1f}"
