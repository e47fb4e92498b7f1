"""The raw instants of one request, as received. All metrics are derived from them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from tui.core.requests.events import Kind

_LARGEST_READ = (1 << 32) - 1


@dataclass(slots=True)
class Timestamps:
    """Nanoseconds of one monotonic clock; None where the event did not happen or was not seen.

    `at`, `reads` and `kinds` have one entry for each chunk with text: the instant and the number of its socket read,
    and the kind of text (a letter of `events.Kind`).
    """

    asked: int | None = None
    load_start: int | None = None
    load_end: int | None = None
    sent: int | None = None
    connect_ns: int | None = None
    reused: bool = False
    headers: int | None = None
    end: int | None = None
    at: array[int] = field(default_factory=lambda: array("q"))
    reads: array[int] = field(default_factory=lambda: array("I"))
    kinds: bytearray = field(default_factory=bytearray)

    def add(self, at: int, read: int, kind: str) -> None:
        """Note one chunk with text."""
        self.at.append(at)
        # Four bytes each, because there may be millions of chunks; a journal from elsewhere may hold any number.
        self.reads.append(read & _LARGEST_READ)
        self.kinds += kind.encode("ascii")

    def think_first(self, chunks: int) -> None:
        """Mark the first `chunks` chunks as thinking, whatever they came as."""
        count = min(chunks, len(self.kinds))
        self.kinds[:count] = Kind.REASONING.encode("ascii") * count

    @property
    def chunks(self) -> int:
        """How many chunks carried text. A chunk is not a token."""
        return len(self.at)

    @property
    def first_output(self) -> int | None:
        """The instant of the first chunk that is not thinking: an answer, a refusal or a tool's arguments."""
        thinking = len(self.kinds) - len(self.kinds.lstrip(Kind.REASONING.encode()))
        return self.at[thinking] if thinking < len(self.at) else None
