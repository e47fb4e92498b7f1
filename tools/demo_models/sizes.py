"""The three sizes: shape, precision and length of training of each demo model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VOCABULARY = 3072
HEAD = 32
# The runtime sets 2048 tokens aside when a request names no limit, so the window must be larger than that.
WINDOW = 4096
# Prompt and answer together, as the runtime allows.
CONTEXT = WINDOW


@dataclass(frozen=True)
class Size:
    """One demo model: how it is shaped, trained and stored."""

    name: str
    title: str
    summary: str
    hidden: int
    layers: int
    intermediate: int
    precision: Literal["int4", "int8"]
    steps: int
    learning_rate: float
    block: int = 32
    batch_tokens: int = 768
    seedling: int | None = None
    """Layers while most of the learning is done; None for all of them. The rest are added later (``grow.py``)."""

    @property
    def vocabulary(self) -> int:
        """Number of tokens, special ones included; the same for all sizes."""
        return VOCABULARY

    @property
    def heads(self) -> int:
        """Number of attention heads; every head is ``HEAD`` wide."""
        return self.hidden // HEAD


# Width is what remembers, depth is what takes time for each token: the large one has enough of both to be watched.
SMALL = Size(
    name="demo-small",
    title="Demo Small",
    summary="A tiny toy: quick, and often wrong.",
    hidden=64,
    layers=2,
    intermediate=192,
    precision="int8",
    steps=6400,
    learning_rate=4e-3,
)
MEDIUM = Size(
    name="demo-medium",
    title="Demo Medium",
    summary="A middle-sized toy.",
    hidden=192,
    layers=6,
    intermediate=512,
    precision="int4",
    steps=6400,
    learning_rate=2e-3,
    seedling=3,
)
LARGE = Size(
    name="demo-large",
    title="Demo Large",
    summary="The largest toy, and the slowest.",
    hidden=256,
    layers=42,
    intermediate=704,
    precision="int4",
    steps=6400,
    learning_rate=1.6e-3,
    seedling=3,
)
SIZES: dict[str, Size] = {size.name: size for size in (SMALL, MEDIUM, LARGE)}
