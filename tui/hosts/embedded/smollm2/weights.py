"""The weights of a GGUF file as the data file of the ONNX graph: other places, the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tui.hosts.embedded.gguf import GgufError, GgufFile
from tui.hosts.embedded.smollm2.layout import Linear, LlamaShape, linears, slots

Array: TypeAlias = NDArray[Any]
Quantised: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]
_ZERO = 8
"""The code that the runtime takes for a weight of 0 in 4 bits."""
_ZERO_8_BITS = 128


def shape_of(gguf: GgufFile) -> LlamaShape:
    """What the file says of its model. Raises GgufError when it is of another family, or does not say."""
    if gguf.metadata.get("general.architecture") != "llama":
        raise GgufError(f"It holds a model of the kind {gguf.metadata.get('general.architecture')!r}, not llama")
    tokens = gguf.metadata.get("tokenizer.ggml.tokens")
    return LlamaShape(
        layers=_whole(gguf, "block_count"),
        hidden=_whole(gguf, "embedding_length"),
        heads=_whole(gguf, "attention.head_count"),
        kv_heads=_whole(gguf, "attention.head_count_kv"),
        feed_forward=_whole(gguf, "feed_forward_length"),
        vocabulary=len(tokens) if isinstance(tokens, list) else 0,
        context=_whole(gguf, "context_length"),
        rope_base=_number(gguf, "rope.freq_base"),
        epsilon=_number(gguf, "attention.layer_norm_rms_epsilon"),
    )


def write_weights(gguf: GgufFile, shape: LlamaShape, path: Path, written: Callable[[float], None]) -> None:
    """Write the data file. `written` is told the share that is done, 0 to 1, after each tensor.

    Raises GgufError when the file lacks a tensor or has one of another shape, OSError, and what `written` raises.
    """
    places = slots(shape)
    end = places[-1].offset + places[-1].size
    with path.open("wb") as out:
        for slot, (name, array) in zip(places, _arrays(gguf, shape), strict=True):
            if (name, array.dtype.name, array.shape) != (slot.name, slot.dtype, slot.dims):
                raise GgufError(f"{name} has the shape {array.shape}, not {slot.dims}")
            out.write(b"\0" * (slot.offset - out.tell()))
            out.write(np.ascontiguousarray(array).data)
            written((slot.offset + slot.size) / end)


def _arrays(gguf: GgufFile, shape: LlamaShape) -> Iterator[tuple[str, Array]]:
    """Each tensor with its name, in the order of `slots`."""
    codes, scales = gguf.q8_0("token_embd.weight")
    yield "embedding.codes", (codes.astype(np.int16) + _ZERO_8_BITS).astype(np.uint8).reshape(len(codes), -1)
    yield "embedding.scales", scales
    cos, sin = rotary(shape)
    yield "rotary.cos", cos
    yield "rotary.sin", sin
    for layer in range(shape.layers):
        at = f"blk.{layer}"
        yield f"layers.{layer}.attention.norm", gguf.f32(f"{at}.attn_norm.weight")
        yield f"layers.{layer}.mlp.norm", gguf.f32(f"{at}.ffn_norm.weight")
        queries = _in_halves(gguf.q4_1(f"{at}.attn_q.weight"), shape.heads)
        keys = _in_halves(gguf.q4_1(f"{at}.attn_k.weight"), shape.kv_heads)
        values = gguf.q4_1(f"{at}.attn_v.weight")
        qkv, output, gate, up, down = linears(shape, layer)
        yield from _linear(qkv, _joined(queries, keys, values))
        yield from _linear(output, gguf.q4_1(f"{at}.attn_output.weight"))
        yield from _linear(gate, gguf.q4_1(f"{at}.ffn_gate.weight"))
        yield from _linear(up, gguf.q4_1(f"{at}.ffn_up.weight"))
        yield from _linear(down, gguf.q4_1(f"{at}.ffn_down.weight"))
    yield "norm", gguf.f32("output_norm.weight")


def rotary(shape: LlamaShape) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines of the rotary position embedding (Su et al., arXiv 2104.09864), (context, head/2) each."""
    steps = np.arange(0, shape.head, 2, dtype=np.float32) / shape.head
    angles = np.outer(np.arange(shape.context, dtype=np.float32), (1.0 / shape.rope_base**steps).astype(np.float32))
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _joined(*parts: Quantised) -> Quantised:
    """The rows of several matrices below each other."""
    codes, scales, minima = zip(*parts, strict=True)
    return np.concatenate(codes), np.concatenate(scales), np.concatenate(minima)


def _linear(linear: Linear, weights: Quantised) -> Iterator[tuple[str, Array]]:
    codes, scales, minima = weights
    yield linear.codes, codes[..., 0::2] | (codes[..., 1::2] << 4)
    yield linear.scales, scales
    yield linear.corrections, (minima + _ZERO * scales).T


def _in_halves(weights: Quantised, heads: int) -> Quantised:
    """The rows of each head as the graph turns them, the first halves of all pairs and then the second ones.

    llama.cpp keeps the two rows of a pair beside each other.
    """
    if len(weights[0]) % (heads * 2):
        raise GgufError(f"{len(weights[0])} rows cannot be shared among {heads} heads")

    def turned(part: Array) -> Array:
        return part.reshape(heads, -1, 2, *part.shape[1:]).swapaxes(1, 2).reshape(part.shape)

    codes, scales, minima = weights
    return turned(codes), turned(scales), turned(minima)


def _whole(gguf: GgufFile, name: str) -> int:
    value = gguf.metadata.get(f"llama.{name}")
    if not isinstance(value, int) or not 0 < value <= 1_000_000:
        raise GgufError(f"It does not say its {name}")
    return value


def _number(gguf: GgufFile, name: str) -> float:
    value = gguf.metadata.get(f"llama.{name}")
    if not isinstance(value, float) or not 0 < value < 1e9:
        raise GgufError(f"It does not say its {name}")
    return value
