"""The metrics of one request, derived from its timestamps. Unknown is None, never 0.

Names and formulas: `registry.py` and `docs/measurement.md`. Times are milliseconds, rates are per second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from tui.core.requests.events import Kind, Usage
from tui.core.requests.timestamps import Timestamps

CHUNKED_ABOVE = 1.2
"""Tokens per chunk above which a chunk must not be read as a token."""
LEAST_NS = 20_000_000
"""The least time from first to last chunk for a decode rate, in nanoseconds: what arrives faster shows how it was
delivered, not how it was made."""


class NoRate(StrEnum):
    """Why an answer has no decode rate."""

    NO_TEXT = "no text arrived"
    NOT_COUNTED = "the host did not count the tokens"
    FEW_TOKENS = "fewer than two tokens were shown"
    ONE_PIECE = "too much of the answer came in one piece"
    TOO_QUICK = f"all of it came within {LEAST_NS // 1_000_000} ms"


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of one request."""

    ttft_ms: float | None = None
    """Time to first text of any kind, reasoning included."""
    ttfo_ms: float | None = None
    """Time to first output: to the first chunk that is not thinking, such as an answer or a refusal."""
    think_ms: float | None = None
    last_ms: float | None = None
    end_ms: float | None = None
    tpot_ms: float | None = None
    """Time per output token after the first."""
    decode_tps: float | None = None
    e2e_tps: float | None = None
    answer_chars_per_s: float | None = None
    icl_p50_ms: float | None = None
    """Inter-chunk latency: gaps between socket reads, which are not gaps between tokens."""
    icl_p95_ms: float | None = None
    icl_max_ms: float | None = None
    tokens_per_chunk: float | None = None
    prefill_tps: float | None = None
    """Tokens of the prompt that were evaluated, without those from a cache. The time includes queueing and loading
    that the server did unseen."""
    connect_ms: float | None = None
    queue_ms: float | None = None
    load_ms: float | None = None

    def known(self) -> dict[str, float]:
        """The metrics that are known, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def derive_first(timestamps: Timestamps) -> Metrics:
    """The metrics of a running request that no later chunk changes. Cheap for answers of any length."""
    sent, at, output = timestamps.sent, timestamps.at, timestamps.first_output
    return Metrics(ttft_ms=_ms(_between(sent, at[0] if at else None)), ttfo_ms=_ms(_between(sent, output)))


def derive(timestamps: Timestamps, usage: Usage | None, answer_chars: int) -> Metrics:
    """All metrics of one request. `answer_chars` is the length of the answer's text in characters."""
    sent = timestamps.sent
    load_ns = _between(timestamps.load_start, timestamps.load_end)
    known: dict[str, Any] = {
        "connect_ms": _ms(timestamps.connect_ns),
        "load_ms": _ms(load_ns),
        "queue_ms": _ms(_queue(timestamps, load_ns)),
        "end_ms": _ms(_between(sent, timestamps.end)),
    }
    if sent is None or not timestamps.at:
        return Metrics(**known)
    first, last = timestamps.at[0] - sent, timestamps.at[-1] - sent
    output = timestamps.first_output
    reasoned = Kind.REASONING.encode() in timestamps.kinds
    ttfo = None if output is None else output - sent
    known |= {
        "ttft_ms": _ms(first),
        "ttfo_ms": _ms(ttfo),
        "think_ms": _ms(ttfo - first) if ttfo is not None and reasoned else None,
        "last_ms": _ms(last),
        "answer_chars_per_s": _per_s(answer_chars, last - ttfo) if ttfo is not None else None,
    }
    gaps = sorted(_read_gaps(timestamps))
    if gaps:
        known |= {
            "icl_p50_ms": _ms(percentile(gaps, 50)),
            "icl_p95_ms": _ms(percentile(gaps, 95)),
            "icl_max_ms": _ms(gaps[-1]),
        }
    return Metrics(**known, **_token_metrics(timestamps, usage, first, last, seen_reasoning=reasoned))


def percentile(values: Sequence[float], percent: float) -> float:
    """The percentile (0 to 100) by linear interpolation between the two nearest ranks. `values` must not be empty."""
    ordered = sorted(values)
    rank = (len(ordered) - 1) * percent / 100
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


def _token_metrics(
    timestamps: Timestamps, usage: Usage | None, first: int, last: int, *, seen_reasoning: bool
) -> dict[str, float | None]:
    if usage is None:
        return {}
    known: dict[str, float | None] = {}
    # Tokens from a cache were not evaluated in this time.
    evaluated = (usage.prompt_tokens or 0) - (usage.cached_tokens or 0)
    if evaluated > 0:
        known["prefill_tps"] = _per_s(evaluated, first)
    tokens = usage.completion_tokens
    if not tokens:
        return known
    known["e2e_tps"] = _per_s(tokens, last)
    shown = _shown_tokens(tokens, usage, seen_reasoning=seen_reasoning)
    if shown >= 1:
        known["tokens_per_chunk"] = shown / timestamps.chunks
    if no_rate(timestamps, usage) is None:
        known["tpot_ms"] = (last - first) / 1e6 / (shown - 1)
        known["decode_tps"] = _per_s(shown - 1, last - first)
    return known


def no_rate(timestamps: Timestamps, usage: Usage | None) -> NoRate | None:
    """Why a request has no decode rate; None when it has one."""
    if not timestamps.at or timestamps.sent is None:
        return NoRate.NO_TEXT
    if usage is None or not usage.completion_tokens:
        return NoRate.NOT_COUNTED
    reasoned = Kind.REASONING.encode() in timestamps.kinds
    if _shown_tokens(usage.completion_tokens, usage, seen_reasoning=reasoned) < 2:
        return NoRate.FEW_TOKENS
    if not _spreads(timestamps):
        return NoRate.ONE_PIECE
    return NoRate.TOO_QUICK if timestamps.at[-1] - timestamps.at[0] < LEAST_NS else None


def _shown_tokens(tokens: int, usage: Usage, *, seen_reasoning: bool) -> int:
    # Thinking that the server counts and does not send happened before the first chunk, outside last - first.
    return tokens if seen_reasoning else tokens - (usage.reasoning_tokens or 0)


def _spreads(timestamps: Timestamps) -> bool:
    """Whether the chunks came over time. Those of the first read were made before its stamp, so the others give a rate
    only if they are nearly all: one chunk may come first, or a tenth of them."""
    return timestamps.reads[0] != timestamps.reads[-1] and timestamps.reads.count(timestamps.reads[0]) <= max(
        timestamps.chunks // 10, 1
    )


def _queue(timestamps: Timestamps, load_ns: int | None) -> int | None:
    """From asked to sent, less the known time of loading and connecting."""
    waited = _between(timestamps.asked, timestamps.sent)
    return None if waited is None else max(waited - (load_ns or 0) - (timestamps.connect_ns or 0), 0)


def _read_gaps(timestamps: Timestamps) -> list[int]:
    reads = zip(timestamps.reads, timestamps.at, strict=True)
    stamps = list(dict(reads).values())
    return [later - earlier for earlier, later in pairwise(stamps)]


def _between(start: int | None, stop: int | None) -> int | None:
    return None if start is None or stop is None else stop - start


def _ms(ns: float | None) -> float | None:
    return None if ns is None else ns / 1e6


def _per_s(count: float, ns: float) -> float | None:
    return 1e9 * count / ns if ns > 0 else None
