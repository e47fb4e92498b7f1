"""The three sizes: shape, precision and length of training of each demo model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VOCABULARY = 1536
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
    batch_tokens: int = 1024

    @property
    def vocabulary(self) -> int:
        """Number of tokens, special ones included; the same for all sizes."""
        return VOCABULARY

    @property
    def heads(self) -> int:
        """Number of attention heads; every head is ``HEAD`` wide."""
        return self.hidden // HEAD


# The large one is deep and narrow: depth costs time for each token, so that it can be watched while it writes.
SMALL = Size(
    name="demo-small",
    title="Demo Small",
    summary="A tiny toy: quick, and wrong more often than right.",
    hidden=32,
    layers=2,
    intermediate=96,
    precision="int8",
    steps=3500,
    learning_rate=6e-3,
)
MEDIUM = Size(
    name="demo-medium",
    title="Demo Medium",
    summary="A middle-sized toy: knows most of what it was taught.",
    hidden=64,
    layers=6,
    intermediate=192,
    precision="int8",
    steps=2000,
    learning_rate=4e-3,
)
LARGE = Size(
    name="demo-large",
    title="Demo Large",
    summary="The largest toy: the slowest, and as good as the middle one or a little better.",
    hidden=96,
    layers=32,
    intermediate=256,
    precision="int4",
    steps=2100,
    learning_rate=2.5e-3,
)
SIZES: dict[str, Size] = {size.name: size for size in (SMALL, MEDIUM, LARGE)}
