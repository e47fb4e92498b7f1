"""How a model of the Llama family is laid out in the data file of its ONNX graph.

The graph without weights comes with the program, and says at which place of the data file each tensor begins. The tool
that makes the graph and the code that writes the data file both go by this list.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tui.hosts.embedded.gguf import BLOCK

ALIGNMENT = 64
"""Each tensor begins at a multiple of so many bytes."""
GRAPH = "model.onnx"
DATA = "model.onnx.data"


@dataclass(frozen=True, slots=True)
class LlamaShape:
    """What tells models of the family apart, besides their weights."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int
    context: int
    """Tokens of prompt and answer together."""
    rope_base: float
    epsilon: float
    """What keeps a norm from a division by zero."""

    @property
    def head(self) -> int:
        """Width of a head."""
        return self.hidden // self.heads

    @property
    def qkv(self) -> int:
        """Rows of the queries, keys and values together."""
        return (self.heads + 2 * self.kv_heads) * self.head


SMOLLM2 = LlamaShape(
    layers=30, hidden=576, heads=9, kv_heads=3, feed_forward=1536, vocabulary=49152, context=8192,
    rope_base=100_000.0, epsilon=9.999999747378752e-06,
)  # fmt: skip
"""SmolLM2-135M-Instruct."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one tensor in the data file."""

    name: str
    dtype: str
    """As numpy calls it."""
    dims: tuple[int, ...]
    offset: int
    """Bytes from the beginning of the file."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A matrix that multiplies what flows through the model: `rows` outputs of `columns` inputs.

    A weight is `scale * code + minimum` with a code of 0 to 15. The runtime multiplies by `scale * (code - 8)`, so what
    is left, `minimum + 8 * scale`, is the same for all weights of a block: it is added as the sum of the block's inputs
    times that correction. Nothing is rounded by it.
    """

    name: str
    rows: int
    columns: int

    @property
    def codes(self) -> str:
        """Two codes a byte, the first in the low half; (rows, columns/32, 16)."""
        return f"{self.name}.codes"

    @property
    def scales(self) -> str:
        """(rows, columns/32)."""
        return f"{self.name}.scales"

    @property
    def corrections(self) -> str:
        """(columns/32, rows)."""
        return f"{self.name}.corrections"


def linears(shape: LlamaShape, layer: int) -> tuple[Linear, Linear, Linear, Linear, Linear]:
    """The matrices of a layer: queries, keys and values in one; the attention's output; gate, up and down."""
    at, wide, deep = f"layers.{layer}", shape.hidden, shape.feed_forward
    return (
        Linear(f"{at}.attention.qkv", shape.qkv, wide),
        Linear(f"{at}.attention.output", wide, wide),
        Linear(f"{at}.mlp.gate", deep, wide),
        Linear(f"{at}.mlp.up", deep, wide),
        Linear(f"{at}.mlp.down", wide, deep),
    )


def slots(shape: LlamaShape) -> tuple[Slot, ...]:
    """Every tensor of the data file, in its order."""
    placed: list[Slot] = []
    end = 0
    for name, dtype, dims in _tensors(shape):
        offset = -(-end // ALIGNMENT) * ALIGNMENT
        size = math.prod(dims) * (1 if dtype == "uint8" else 4)
        placed.append(Slot(name, dtype, dims, offset, size))
        end = offset + size
    return tuple(placed)


def _tensors(shape: LlamaShape) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    # Codes of 0 to 255 with 128 for zero, both where tokens are looked up and where the next one is chosen.
    yield "embedding.codes", "uint8", (shape.vocabulary, shape.hidden)
    yield "embedding.scales", "float32", (shape.vocabulary, shape.hidden // BLOCK)
    yield "rotary.cos", "float32", (shape.context, shape.head // 2)
    yield "rotary.sin", "float32", (shape.context, shape.head // 2)
    for layer in range(shape.layers):
        yield f"layers.{layer}.attention.norm", "float32", (shape.hidden,)
        yield f"layers.{layer}.mlp.norm", "float32", (shape.hidden,)
        for linear in linears(shape, layer):
            blocks = linear.columns // BLOCK
            yield linear.codes, "uint8", (linear.rows, blocks, BLOCK // 2)
            yield linear.scales, "float32", (linear.rows, blocks)
            yield linear.corrections, "float32", (blocks, linear.rows)
    yield "norm", "float32", (shape.hidden,)
