"""What the server notes of one request: the truth that everybody's numbers are held against."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Talk:
    """Instants are nanoseconds of CLOCK_MONOTONIC, taken just before the bytes are handed to the socket."""

    model: str
    received: int
    """When the first bytes of the request came."""
    at: list[int] = field(default_factory=list)
    """Of each chunk with text, when the write with its last byte began."""
    kinds: str = ""
    """Of each chunk, `a` for answer or `r` for thinking."""
    writes: list[int] = field(default_factory=list)
    """Of each chunk, the number of its write."""
    chunks: int = 0
    tokens: int = 0
    """Tokens sent so far; without usage nobody is told."""
    answer_chars: int = 0
    finished: int | None = None
    """When finish reason, usage and `[DONE]` went out; None for an answer that is cut."""
    closed: int | None = None
    hung_up: bool = False
    """The client went away before the end."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def talk_from_dict(data: dict[str, Any]) -> Talk:
    """A talk as the server told of it."""
    return Talk(**data)
