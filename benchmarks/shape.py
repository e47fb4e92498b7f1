"""Models described by their ids: `bench-ttft50-rate50-len400-burst8` says how its stream is to come."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

PREFIX = "bench"
MARKS = "ΔΘΛΞΠΣΦΨ"
"""The last character of the answer of models 1 to 8: no other text on a screen holds them, so they show its end."""
_PART = re.compile(r"([a-z]+)(\d*)")


@dataclass(frozen=True, slots=True)
class Shape:
    """How one answer is sent. Times are milliseconds; 0 is off."""

    ttft: int = 50
    """From the request to the first text."""
    rate: int = 50
    """Tokens a second."""
    len: int = 100
    """Tokens that are sent."""
    burst: int = 1
    """Chunks in one write to the socket."""
    tpc: int = 1
    """Tokens in one chunk."""
    think: int = 0
    """How long it thinks aloud before it answers; the thinking is part of `len`."""
    jitter: int = 0
    """Each write comes up to so much later than its turn."""
    role: int = 0
    """A chunk with a role and empty text comes so long before the first text."""
    stall: int = 0
    """A silence after half of the tokens."""
    tail: int = 0
    """A silence between the last text and the rest: finish reason, usage, `[DONE]`."""
    hidden: int = 0
    """Tokens of thinking that are counted and never sent."""
    cut: int = 0
    """1 sends each event in two writes, the second some milliseconds later."""
    nousage: int = 0
    """1 sends no token counts."""
    nofinish: int = 0
    """1 ends the stream after the last text, without a word."""
    nolog: int = 0
    """1 keeps no instants, for endless runs."""
    n: int = 0
    """Tells equal models apart, and which of `MARKS` ends the answer."""

    @property
    def id(self) -> str:
        """The model's id; what is as usual is left out."""
        usual = Shape()
        parts = [
            f"{field.name}{getattr(self, field.name)}"
            for field in fields(self)
            if getattr(self, field.name) != getattr(usual, field.name)
        ]
        return "-".join([PREFIX, *parts])

    @property
    def mark(self) -> str:
        """The character that ends the answer; empty for none."""
        return MARKS[self.n - 1] if 0 < self.n <= len(MARKS) else ""


_NAMES = {field.name for field in fields(Shape)}


def parse(model_id: str) -> Shape:
    """The shape a model id describes. Raises ValueError with a sentence when it describes none."""
    prefix, *parts = model_id.split("-")
    if prefix != PREFIX:
        raise ValueError(f"a model id begins with `{PREFIX}`: {model_id[:60]}")
    given: dict[str, int] = {}
    for part in parts:
        found = _PART.fullmatch(part)
        if found is None or found[1] not in _NAMES:
            raise ValueError(f"`{part[:20]}` is no part of a model id; there are: {', '.join(sorted(_NAMES))}")
        given[found[1]] = int(found[2] or 1)
    shape = Shape(**given)
    if min(shape.rate, shape.burst, shape.tpc) < 1:
        raise ValueError("rate, burst and tpc are at least 1")
    return shape
