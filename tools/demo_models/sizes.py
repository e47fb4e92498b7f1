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
    hidden: int
    layers: int
    intermediate: int
    precision: Literal["int4", "int8"]
    block: int
    steps: int
    batch_tokens: int
    learning_rate: float
    summary: str

    @property
    def vocabulary(self) -> int:
        """Number of tokens, special ones included; the same for all sizes."""
        return VOCABULARY

    @property
    def heads(self) -> int:
        """Number of attention heads; every head is ``HEAD`` wide."""
        return self.hidden // HEAD


SIZES: dict[str, Size] = {
    size.name: size
    for size in (
        Size(
            "demo-small", "Demo Small", 64, 2, 192, "int8", 32, 4000, 2048, 6e-3, "A tiny toy: quick, and often wrong."
        ),
        Size(
            "demo-medium", "Demo Medium", 128, 4, 384, "int8", 32, 2500, 2048, 4e-3, "A middle-sized toy: knows most."
        ),
        Size("demo-large", "Demo Large", 160, 10, 448, "int4", 32, 1500, 2048, 2.5e-3, "The largest toy: slow, best."),
    )
}
