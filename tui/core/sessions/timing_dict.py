"""The timestamps of one request in a session file: short, complete, and free of drift.

Instants are rounded to ticks of 0.1 ms counted from `sent`, and only then differenced, so rounding never adds up.
"""

from __future__ import annotations

from array import array
from itertools import accumulate, groupby, pairwise
from typing import Any

from tui.core.requests.events import Kind
from tui.core.requests.timestamps import Timestamps

TICK_NS = 100_000
MAX_CHUNKS = 2_000_000
_KINDS = {kind.value for kind in Kind}


def timestamps_to_dict(timestamps: Timestamps) -> dict[str, Any]:
    """The `[run.timing]` table; keys are left out where nothing is known.

    An instant that cannot be true (headers before the request, an end before the last chunk) is not known either:
    written down, it would make the whole file unreadable.
    """
    table: dict[str, Any] = {"unit_us": TICK_NS // 1000}
    load = None
    if (
        timestamps.load_start is not None
        and timestamps.load_end is not None
        and timestamps.load_end >= timestamps.load_start
    ):
        load = _ticks(timestamps.load_end - timestamps.load_start)
        table["load"] = load
    if timestamps.sent is None:
        return table
    connect = _ticks(max(timestamps.connect_ns or 0, 0))
    chunks = list(accumulate((_ticks(at - timestamps.sent) for at in timestamps.at), max, initial=0))
    table["connect"] = connect
    if timestamps.reused:
        table["reused"] = True
    if timestamps.asked is not None:
        queue = max(_ticks(timestamps.sent - timestamps.asked) - (load or 0) - connect, 0)
        table["queue"] = queue
        if load is not None and timestamps.load_end is not None:
            # It waits for other models that are loaded, and for its turn.
            loaded = min(_ticks(timestamps.sent - timestamps.load_end) - connect, queue)
            if loaded > 0:
                table["queue_loaded"] = loaded
    if timestamps.headers is not None:
        headers = _ticks(timestamps.headers - timestamps.sent)
        if headers >= 0 and (not timestamps.at or headers <= chunks[1]):
            table["headers"] = headers
    if timestamps.end is not None:
        end = _ticks(timestamps.end - timestamps.sent)
        if end >= chunks[-1]:
            table["end"] = end
    if timestamps.at:
        table["kinds"] = " ".join(f"{chr(kind)}{len(list(run))}" for kind, run in groupby(timestamps.kinds))
        table["deltas"] = " ".join(str(later - earlier) for earlier, later in pairwise(chunks))
        table["reads"] = " ".join(str(len(list(run))) for _, run in groupby(timestamps.reads))
    return table


def timestamps_from_dict(table: dict[str, Any]) -> Timestamps:
    """The timestamps of a `[run.timing]` table, with `sent` at 0. Raises ValueError when its parts disagree."""
    tick = _whole(table, "unit_us", default=TICK_NS // 1000) * 1000
    if not tick:
        raise ValueError("`unit_us` is 0")
    timestamps = Timestamps()
    load = _whole(table, "load") if "load" in table else None
    if "connect" not in table:
        if not table.keys().isdisjoint(("deltas", "headers", "end")):
            raise ValueError("chunks, headers or an end of a request that was never sent")
        if load is not None:
            timestamps.load_start, timestamps.load_end = 0, load * tick
        return timestamps
    connect = _whole(table, "connect")
    timestamps.sent, timestamps.connect_ns, timestamps.reused = 0, connect * tick, table.get("reused") is True
    before_send = -connect * tick
    queue, loaded = _whole(table, "queue", default=0), _whole(table, "queue_loaded", default=0)
    if loaded > queue:
        raise ValueError("`queue_loaded` is a part of `queue`, and longer")
    if load is not None:
        load_end = before_send - loaded * tick
        timestamps.load_start, timestamps.load_end = load_end - load * tick, load_end
    if "queue" in table:
        timestamps.asked = before_send - ((load or 0) + queue) * tick
    timestamps.headers = _whole(table, "headers") * tick if "headers" in table else None
    timestamps.end = _whole(table, "end") * tick if "end" in table else None
    _read_chunks(table, timestamps, tick)
    return timestamps


def as_kept(timestamps: Timestamps) -> Timestamps:
    """The timestamps as a session file has them, on their own clock: the figures of an answer that has just ended are
    those that its file will give. What was never sent, and what no file has room for, stays as it is."""
    sent = timestamps.sent
    if sent is None or timestamps.chunks > MAX_CHUNKS:
        return timestamps
    kept = timestamps_from_dict(timestamps_to_dict(timestamps))
    for name in ("asked", "sent", "headers", "end"):
        if (instant := getattr(kept, name)) is not None:
            setattr(kept, name, sent + instant)
    if kept.load_start is not None and kept.load_end is not None and timestamps.load_end is not None:
        # A file has how long it took. When it was is known here, and need not be made up.
        kept.load_start, kept.load_end = timestamps.load_end - (kept.load_end - kept.load_start), timestamps.load_end
    kept.at = array("q", (sent + at for at in kept.at))
    return kept


def _read_chunks(table: dict[str, Any], timestamps: Timestamps, tick: int) -> None:
    gaps = _numbers(table, "deltas")
    kinds = bytearray()
    for run in _text(table, "kinds").split():
        kind, count = run[:1], run[1:]
        if kind not in _KINDS or not count.isascii() or not count.isdigit() or int(count) > MAX_CHUNKS:
            raise ValueError(f"`kinds` holds {run[:20]!r}")
        # A few letters can stand for any number of chunks: never more than there are.
        kinds += kind.encode("ascii") * min(int(count), len(gaps) + 1 - len(kinds))
    per_read = _numbers(table, "reads")
    if len(kinds) != len(gaps) or sum(per_read) != len(gaps):
        raise ValueError("`deltas`, `kinds` and `reads` do not tell of the same number of chunks")
    timestamps.at = array("q", (at * tick for at in accumulate(gaps)))
    timestamps.reads = array("I", (number for number, count in enumerate(per_read, 1) for _ in range(count)))
    timestamps.kinds = kinds
    if timestamps.at and timestamps.headers is not None and timestamps.headers > timestamps.at[0]:
        raise ValueError("the first chunk came before the headers")
    if timestamps.at and timestamps.end is not None and timestamps.at[-1] > timestamps.end:
        raise ValueError("the last chunk came after the end")


def _ticks(ns: int) -> int:
    return (ns + TICK_NS // 2) // TICK_NS


def _whole(table: dict[str, Any], key: str, default: int | None = None) -> int:
    value = table.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise ValueError(f"`{key}` is not a count of ticks")
    return value


def _text(table: dict[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"`{key}` is not text")
    return value


def _numbers(table: dict[str, Any], key: str) -> list[int]:
    words = _text(table, key).split()
    if len(words) > MAX_CHUNKS or not all(word.isascii() and word.isdigit() and len(word) < 13 for word in words):
        raise ValueError(f"`{key}` does not hold counts of ticks")
    return [int(word) for word in words]
