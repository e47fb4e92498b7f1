"""Whether chosen models fit into memory together, and what models take on disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tui.core.catalog.model_card import ModelCard, ModelState

HEADROOM = 1.2
"""A model's need of memory over its size on disk: an estimate, for caches and buffers beside the weights."""


class MemoryVerdict(StrEnum):
    """What can be said of models and free memory."""

    TOGETHER = "together"
    ONE_BY_ONE = "one by one"
    TOO_LARGE = "too large"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MemoryFit:
    """Bytes; None where a size, or the free memory, is not known. What models need is an estimate."""

    verdict: MemoryVerdict
    need: float | None
    """What those of the models that are not loaded yet need together."""
    free: float | None


def need_of(card: ModelCard) -> float | None:
    """The bytes of memory that loading this model takes: none more when it is loaded."""
    if card.state is ModelState.LOADED:
        return 0.0
    return None if card.size_bytes is None else card.size_bytes * HEADROOM


def fit(cards: Iterable[ModelCard], free: float | None) -> MemoryFit:
    """Whether these models fit, as far as it is known. `free` is None where the host's memory cannot be seen."""
    needs = [need_of(card) for card in cards]
    known = [need for need in needs if need is not None]
    need = sum(known) if len(known) == len(needs) else None
    if free is None:
        verdict = MemoryVerdict.UNKNOWN
    elif max(known, default=0.0) > free:
        verdict = MemoryVerdict.TOO_LARGE
    elif sum(known) > free:
        verdict = MemoryVerdict.ONE_BY_ONE
    else:
        verdict = MemoryVerdict.TOGETHER if need is not None else MemoryVerdict.UNKNOWN
    return MemoryFit(verdict, need, free)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """How many models are in the cache, the bytes of those of known size, and how many are of unknown size."""

    count: int
    size: float | None
    unknown: int


def on_disk(cards: Iterable[ModelCard]) -> OnDisk:
    """What the cached models take; loaded ones are cached too."""
    sizes = [card.size_bytes for card in cards if card.state in (ModelState.CACHED, ModelState.LOADED)]
    known = [size for size in sizes if size is not None]
    return OnDisk(len(sizes), sum(known) if known else None, len(sizes) - len(known))
