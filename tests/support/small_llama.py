"""A Llama model of two layers with weights by chance, as a GGUF file, and the same computed plainly with numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.gguf_writer import F32, Q4_1, Q8_0, Stored, write
from tui.hosts.embedded.smollm2.layout import LlamaShape

Array = np.ndarray[Any, Any]

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = ("h e", "l l", "he ll", "hell o", "Ġ w")
TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def byte_tokens() -> list[str]:
    """The 256 characters by which byte-level BPE writes bytes, as GPT-2 has them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + number) for number in range(len(rest))]


VOCABULARY = [*SPECIAL, *byte_tokens(), *("".join(merge.split(" ")) for merge in MERGES)]
VOCABULARY += [f"<unused{number}>" for number in range(-len(VOCABULARY) % 32)]
SHAPE = LlamaShape(
    layers=2, hidden=64, heads=4, kv_heads=2, feed_forward=96, vocabulary=len(VOCABULARY), context=256,
    rope_base=10_000.0, epsilon=float(np.float32(1e-5)),
)  # fmt: skip


@dataclass(frozen=True)
class SmallLlama:
    """The model's file, and its weights as they are stored."""

    path: Path
    weights: dict[str, Array]

    def logits(self, tokens: list[int]) -> Array:
        """What it expects after the last token, in double precision, in the order of llama.cpp's own weights."""
        shape, weights = SHAPE, self.weights
        stream = weights["token_embd.weight"][tokens]
        for layer in range(shape.layers):
            part = {name.split(".")[2]: w for name, w in weights.items() if name.startswith(f"blk.{layer}.")}
            normed = _norm(stream, part["attn_norm"])
            queries, keys, values = (normed @ part[f"attn_{name}"].T for name in "qkv")
            stream = stream + _attention(queries, keys, values) @ part["attn_output"].T
            normed = _norm(stream, part["ffn_norm"])
            gate, up = normed @ part["ffn_gate"].T, normed @ part["ffn_up"].T
            stream = stream + (gate / (1 + np.exp(-gate)) * up) @ part["ffn_down"].T
        return _norm(stream[-1], weights["output_norm.weight"]) @ weights["token_embd.weight"].T


def small_llama(path: Path, seed: int = 45) -> SmallLlama:
    """Write it to a file."""
    chance = np.random.default_rng(seed)
    wide, deep, head = SHAPE.hidden, SHAPE.feed_forward, SHAPE.head
    dims = {
        "attn_q": (wide, wide), "attn_k": (SHAPE.kv_heads * head, wide), "attn_v": (SHAPE.kv_heads * head, wide),
        "attn_output": (wide, wide), "ffn_gate": (deep, wide), "ffn_up": (deep, wide), "ffn_down": (wide, deep),
    }  # fmt: skip
    # Weak where a token is no text by itself: the answers can be read.
    strength = np.array([[1.0 if token.isascii() and "<" not in token else 0.3] for token in VOCABULARY])
    stored = {"token_embd.weight": Stored(strength * chance.normal(size=(SHAPE.vocabulary, wide)), Q8_0)}
    for layer in range(SHAPE.layers):
        for name, size in dims.items():
            stored[f"blk.{layer}.{name}.weight"] = Stored(chance.normal(size=size) / 2, Q4_1)
        for name in ("attn_norm", "ffn_norm"):
            stored[f"blk.{layer}.{name}.weight"] = Stored(chance.uniform(0.5, 1.5, wide), F32)
    stored["output_norm.weight"] = Stored(chance.uniform(0.5, 1.5, wide), F32)
    write(path, facts(), stored)
    return SmallLlama(path, {name: tensor.numbers.astype(np.float64) for name, tensor in stored.items()})


def facts() -> dict[str, object]:
    """The file's metadata."""
    kinds = [3 if token in SPECIAL else 1 for token in VOCABULARY]
    return {
        "general.architecture": "llama",
        "llama.block_count": SHAPE.layers,
        "llama.context_length": SHAPE.context,
        "llama.embedding_length": SHAPE.hidden,
        "llama.feed_forward_length": SHAPE.feed_forward,
        "llama.attention.head_count": SHAPE.heads,
        "llama.attention.head_count_kv": SHAPE.kv_heads,
        "llama.rope.freq_base": SHAPE.rope_base,
        "llama.attention.layer_norm_rms_epsilon": SHAPE.epsilon,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": VOCABULARY,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": list(MERGES),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.padding_token_id": 2,
        "tokenizer.chat_template": TEMPLATE,
    }


def _norm(stream: Array, weight: Array) -> Array:
    return stream / np.sqrt((stream**2).mean(-1, keepdims=True) + SHAPE.epsilon) * weight


def _attention(queries: Array, keys: Array, values: Array) -> Array:
    count, head = len(queries), SHAPE.head
    by_head = {name: part.reshape(count, -1, head) for name, part in (("q", queries), ("k", keys), ("v", values))}
    turned_q, turned_k = _turned(by_head["q"]), _turned(by_head["k"])
    shared = SHAPE.heads // SHAPE.kv_heads
    out = np.empty((count, SHAPE.heads, head))
    hidden = np.triu(np.full((count, count), -np.inf), 1)
    for number in range(SHAPE.heads):
        scores = turned_q[:, number] @ turned_k[:, number // shared].T / np.sqrt(head) + hidden
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        out[:, number] = weights / weights.sum(-1, keepdims=True) @ by_head["v"][:, number // shared]
    return out.reshape(count, -1)


def _turned(part: Array) -> Array:
    """Each pair of neighbours turned by the angle of its position."""
    pairs = part.reshape(*part.shape[:-1], -1, 2)
    angles = np.arange(len(part))[:, None] / SHAPE.rope_base ** (np.arange(0, SHAPE.head, 2) / SHAPE.head)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    first, second = pairs[..., 0], pairs[..., 1]
    return np.stack([first * cos - second * sin, first * sin + second * cos], -1).reshape(part.shape)
