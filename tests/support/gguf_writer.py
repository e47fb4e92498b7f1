"""Writes GGUF files: what llama.cpp loads, and what a test wants to be wrong in one."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ALIGNMENT = 32
BLOCK = 32
F32, Q4_1, Q8_0 = 0, 3, 8

Array = np.ndarray[Any, Any]


class Stored:
    """A tensor as it is stored: its bytes, and the numbers that they mean."""

    def __init__(self, numbers: Array, encoding: int = F32) -> None:
        self.encoding = encoding
        self.shape = numbers.shape
        encode = {F32: _f32, Q4_1: _q4_1, Q8_0: _q8_0}[encoding]
        self.data, self.numbers = encode(numbers.astype(np.float32))


def write(path: Path, facts: Mapping[str, object], tensors: Mapping[str, Stored], *, version: int = 3) -> None:
    """A whole file."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(facts))
    head += b"".join(text(key) + value(fact) for key, fact in facts.items())
    body = b""
    for name, tensor in tensors.items():
        shape = tuple(reversed(tensor.shape))
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, tensor.encoding, len(body))
        body += padded(tensor.data)
    path.write_bytes(padded(head) + body)


def text(content: str) -> bytes:
    """A text with its length."""
    raw = content.encode()
    return struct.pack("<Q", len(raw)) + raw


def value(content: object) -> bytes:
    """A value with its kind."""
    match content:
        case str():
            return struct.pack("<I", 8) + text(content)
        case bool():
            return struct.pack("<I?", 7, content)
        case int():
            return struct.pack("<II", 4, content)
        case float():
            return struct.pack("<If", 6, content)
        case list():
            return struct.pack("<I", 9) + _list(content)
    raise TypeError(content)


def padded(data: bytes) -> bytes:
    """The same, up to where the next tensor may begin."""
    return data + bytes(-len(data) % ALIGNMENT)


def _list(values: Sequence[Any]) -> bytes:
    kind, form = {str: (8, ""), float: (6, "f"), int: (5, "i")}[type(values[0])]
    items = b"".join(map(text, values)) if kind == 8 else struct.pack(f"<{len(values)}{form}", *values)
    return struct.pack("<IQ", kind, len(values)) + items


def _f32(numbers: Array) -> tuple[bytes, Array]:
    return numbers.astype("<f4").tobytes(), numbers


def _q4_1(numbers: Array) -> tuple[bytes, Array]:
    data, meant = [], []
    for block in numbers.reshape(-1, BLOCK):
        low = np.float16(block.min())
        scale = np.float16((block.max() - block.min()) / 15 or 1)
        codes = np.clip(np.rint((block - np.float32(low)) / np.float32(scale)), 0, 15).astype(np.uint8)
        halves = [int(codes[at]) | int(codes[at + 16]) << 4 for at in range(16)]
        data.append(scale.tobytes() + low.tobytes() + bytes(halves))
        meant.append(codes.astype(np.float32) * np.float32(scale) + np.float32(low))
    return b"".join(data), np.array(meant).reshape(numbers.shape)


def _q8_0(numbers: Array) -> tuple[bytes, Array]:
    data, meant = [], []
    for block in numbers.reshape(-1, BLOCK):
        scale = np.float16(np.abs(block).max() / 127 or 1)
        codes = np.clip(np.rint(block / np.float32(scale)), -127, 127).astype(np.int8)
        data.append(scale.tobytes() + codes.tobytes())
        meant.append(codes.astype(np.float32) * np.float32(scale))
    return b"".join(data), np.array(meant).reshape(numbers.shape)
