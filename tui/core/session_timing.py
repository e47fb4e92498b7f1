"""The marks of one request as a session file keeps them: short, whole, and free of drift.

Instants are rounded to ticks of 0.1 ms counted from `sent`, and only then differenced, so rounding never adds up.
"""

from __future__ import annotations

from array import array
from itertools import accumulate, groupby, pairwise
from typing import Any

from tui.core.events import Kind
from tui.core.marks import Marks

TICK_NS = 100_000
MAX_CHUNKS = 2_000_000
_KINDS = {kind.value for kind in Kind}


def marks_to_dict(marks: Marks) -> dict[str, Any]:
    """The `[run.timing]` table; keys are left out where nothing is known.

    An instant that cannot be true (headers before the request, an end before the last chunk) is not known either:
    written down, it would make the whole file unreadable.
    """
    table: dict[str, Any] = {"unit_us": TICK_NS // 1000}
    load = None
    if marks.load_start is not None and marks.load_end is not None and marks.load_end >= marks.load_start:
        load = _ticks(marks.load_end - marks.load_start)
        table["load"] = load
    if marks.sent is None:
        return table
    connect = _ticks(max(marks.connect_ns or 0, 0))
    chunks = list(accumulate((_ticks(at - marks.sent) for at in marks.at), max, initial=0))
    table["connect"] = connect
    if marks.reused:
        table["reused"] = True
    if marks.asked is not None:
        table["queue"] = max(_ticks(marks.sent - marks.asked) - (load or 0) - connect, 0)
    if marks.headers is not None:
        headers = _ticks(marks.headers - marks.sent)
        if headers >= 0 and (not marks.at or headers <= chunks[1]):
            table["headers"] = headers
    if marks.end is not None:
        end = _ticks(marks.end - marks.sent)
        if end >= chunks[-1]:
            table["end"] = end
    if marks.at:
        table["kinds"] = " ".join(f"{chr(kind)}{len(list(run))}" for kind, run in groupby(marks.kinds))
        table["deltas"] = " ".join(str(later - earlier) for earlier, later in pairwise(chunks))
        table["reads"] = " ".join(str(len(list(run))) for _, run in groupby(marks.reads))
    return table


def marks_from_dict(table: dict[str, Any]) -> Marks:
    """The marks a `[run.timing]` table keeps, with `sent` at 0. Raises ValueError when its parts disagree."""
    tick = _whole(table, "unit_us", default=TICK_NS // 1000) * 1000
    if not tick:
        raise ValueError("`unit_us` is 0")
    marks = Marks()
    load = _whole(table, "load") if "load" in table else None
    if "connect" not in table:
        if not table.keys().isdisjoint(("deltas", "headers", "end")):
            raise ValueError("chunks, headers or an end of a request that was never sent")
        if load is not None:
            marks.load_start, marks.load_end = 0, load * tick
        return marks
    connect = _whole(table, "connect")
    marks.sent, marks.connect_ns, marks.reused = 0, connect * tick, table.get("reused") is True
    before_send = -connect * tick
    if load is not None:
        marks.load_start, marks.load_end = before_send - load * tick, before_send
    if "queue" in table:
        marks.asked = before_send - ((load or 0) + _whole(table, "queue")) * tick
    marks.headers = _whole(table, "headers") * tick if "headers" in table else None
    marks.end = _whole(table, "end") * tick if "end" in table else None
    _read_chunks(table, marks, tick)
    return marks


def _read_chunks(table: dict[str, Any], marks: Marks, tick: int) -> None:
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
    marks.at = array("q", (at * tick for at in accumulate(gaps)))
    marks.reads = array("I", (number for number, count in enumerate(per_read, 1) for _ in range(count)))
    marks.kinds = kinds
    if marks.at and marks.headers is not None and marks.headers > marks.at[0]:
        raise ValueError("the first chunk came before the headers")
    if marks.at and marks.end is not None and marks.at[-1] > marks.end:
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
