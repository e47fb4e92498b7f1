"""When a shape's writes are due, and what is in each: pure, so that it can be checked by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.shape import Shape

MS = 1_000_000
CUT_GAP = 3 * MS
"""Nanoseconds between the two halves of an event that is sent in two writes."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write to the socket, due so many nanoseconds after the request came."""

    due: int
    chunks: tuple[int, ...] = ()
    """Tokens in each of its chunks with text."""
    kind: str = ""
    """`a` for answer, `r` for thinking, `role`, or `end` for whatever comes after the last text."""


def writes(shape: Shape) -> Iterator[Write]:
    """All writes of an answer in order. Instants are counted from the request, so that nothing adds up."""
    if shape.role:
        yield Write(max(shape.ttft - shape.role, 0) * MS, kind="role")
    dice = random.Random(shape.id)
    thinking = min(shape.think * shape.rate // 1000, shape.len)
    sent, due, shift = 0, 0, 0
    while sent < shape.len:
        if shape.stall and not shift and sent >= shape.len // 2:
            shift = shape.stall * MS
        late = dice.randrange(shape.jitter * MS) if shape.jitter else 0
        # The order of the writes is kept whatever the dice say.
        due = max(shape.ttft * MS + sent * 1_000_000_000 // shape.rate + shift + late, due)
        kind, left = ("r", thinking - sent) if sent < thinking else ("a", shape.len - sent)
        chunks: list[int] = []
        while left > 0 and len(chunks) < shape.burst:
            chunks.append(min(shape.tpc, left))
            left -= chunks[-1]
        sent += sum(chunks)
        yield Write(due, tuple(chunks), kind)
    yield Write(due + shape.tail * MS, kind="end")
