"""A strict reader of GGUF files, as llama.cpp writes them: their metadata, and tensors as F32, Q4_1 and Q8_0.

The file comes from outside. Each count, length and offset is checked against what is left of the file before anything
is read or reserved for it, so that a damaged or hostile file ends in a `GgufError` and not in an hour of work.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian).
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC = b"GGUF"
VERSIONS = (2, 3)
BLOCK = 32
"""Weights that share a scale in Q4_1 and Q8_0."""
MAX_ENTRIES = 4_096
"""Metadata entries, and tensors, that are believed in."""
MAX_ITEMS = 1_000_000
"""Items of the largest array that is believed in: a vocabulary or its merges."""
MAX_TEXT = 1_000_000
"""Bytes of the longest text that is believed in."""
MAX_HEADER = 64_000_000
"""Bytes before the tensors' numbers that are believed in."""
MAX_DIMENSIONS = 4
MAX_ALIGNMENT = 65_536
_DEFAULT_ALIGNMENT = 32
_TEXT, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}


class GgufError(ValueError):
    """The file is not a GGUF file, is damaged, or holds something that this reader does not know."""


class Encoding(IntEnum):
    """How a tensor's numbers are stored; the values are GGUF's."""

    F32 = 0
    Q4_1 = 3
    """Blocks of 32: scale and minimum as F16, then 4 bits a weight; the weight is `scale * code + minimum`."""
    Q8_0 = 8
    """Blocks of 32: scale as F16, then 8 signed bits a weight; the weight is `scale * code`."""

    @property
    def block(self) -> int:
        """Weights a block."""
        return 1 if self is Encoding.F32 else BLOCK

    @property
    def block_bytes(self) -> int:
        """Bytes a block."""
        return {Encoding.F32: 4, Encoding.Q4_1: 20, Encoding.Q8_0: 34}[self]


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies. `shape` is in rows of what the file calls its first dimension, as numpy has it."""

    shape: tuple[int, ...]
    encoding: Encoding
    start: int
    size: int
    """Bytes."""


class GgufFile:
    """An open GGUF file; leaving its `with` block closes it. Arrays that were read stay."""

    def __init__(self, path: Path) -> None:
        """Read all but the tensors' numbers. Raises OSError, or GgufError for what is wrong with the file."""
        with path.open("rb") as file:
            try:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:  # an empty file
                raise GgufError("It is empty") from error
        try:
            header = _Header(self._bytes)
            self.metadata: Mapping[str, Any] = header.metadata
            """Numbers, texts, truths, and lists of these, by their names."""
            self.tensors: Mapping[str, Tensor] = header.tensors
            """By name."""
        except BaseException:
            self._bytes.close()
            raise

    def __enter__(self) -> GgufFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bytes.close()

    def f32(self, name: str) -> NDArray[np.float32]:
        """A tensor's numbers, in its shape. Raises GgufError when there is no such tensor."""
        import numpy as np

        tensor = self._tensor(name, Encoding.F32)
        return _finite(name, self._raw(tensor).view(np.float32).reshape(tensor.shape))

    def q4_1(self, name: str) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """A matrix of R rows and C columns: codes of 0 to 15 in (R, C/32, 32), scales and minima in (R, C/32).

        Raises GgufError when there is no such tensor, or no matrix.
        """
        import numpy as np

        blocks = self._blocks(name, Encoding.Q4_1)
        pairs = np.ascontiguousarray(blocks[..., :4]).view(np.float16).astype(np.float32)
        packed = blocks[..., 4:]
        # The low halves of a block's 16 bytes are its first 16 weights, the high halves its last.
        codes = np.concatenate([packed & 15, packed >> 4], axis=-1)
        return codes, _finite(name, pairs[..., 0]), _finite(name, pairs[..., 1])

    def q8_0(self, name: str) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """A matrix of R rows and C columns: codes of -128 to 127 in (R, C/32, 32), and scales in (R, C/32).

        Raises GgufError when there is no such tensor, or no matrix.
        """
        import numpy as np

        blocks = self._blocks(name, Encoding.Q8_0)
        scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16).astype(np.float32)[..., 0]
        return np.ascontiguousarray(blocks[..., 2:]).view(np.int8), _finite(name, scales)

    def _tensor(self, name: str, encoding: Encoding) -> Tensor:
        tensor = self.tensors.get(name)
        if tensor is None:
            raise GgufError(f"It has no tensor {name}")
        if tensor.encoding is not encoding:
            raise GgufError(f"{name} is {tensor.encoding.name}, not {encoding.name}")
        return tensor

    def _blocks(self, name: str, encoding: Encoding) -> NDArray[np.uint8]:
        tensor = self._tensor(name, encoding)
        if len(tensor.shape) != 2:
            raise GgufError(f"{name} is no matrix")
        rows, columns = tensor.shape
        return self._raw(tensor).reshape(rows, columns // BLOCK, encoding.block_bytes)

    def _raw(self, tensor: Tensor) -> NDArray[np.uint8]:
        import numpy as np

        # A copy: an array that lies in the file would keep it from being closed, and on Windows from being deleted.
        return np.frombuffer(self._bytes[tensor.start : tensor.start + tensor.size], np.uint8)


def _finite(name: str, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    if not np.isfinite(numbers).all():
        raise GgufError(f"{name} holds what is no number")
    return numbers


class _Header:
    """Reads a file from its beginning to where the tensors' numbers begin."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0
        self._end = len(data)
        if self._take(len(MAGIC)) != MAGIC:
            raise GgufError("It does not begin as a GGUF file")
        version = self._number("<I")
        if version not in VERSIONS:
            raise GgufError(f"It is GGUF of version {version}; versions 2 and 3 are known")
        tensors, entries = self._count("tensors", MAX_ENTRIES), self._count("metadata entries", MAX_ENTRIES)
        self.metadata: dict[str, Any] = {}
        for _ in range(entries):
            name = self._text()
            if name in self.metadata:
                raise GgufError(f"It has {name[:60]!r} twice")
            self.metadata[name] = self._value(self._number("<I"))
        infos = [self._info() for _ in range(tensors)]
        self.tensors = self._placed(infos)

    def _take(self, size: int) -> bytes:
        if size > self._end - self._at:
            raise GgufError("It ends too early")
        if self._at > MAX_HEADER:
            raise GgufError(f"It has more than {MAX_HEADER // 1_000_000} MB of metadata")
        self._at += size
        return self._data[self._at - size : self._at]

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _count(self, what: str, most: int) -> int:
        count: int = self._number("<Q")
        if count > most:
            raise GgufError(f"It claims to have {count} {what}")
        return count

    def _text(self) -> str:
        length = self._count("bytes in a text", MAX_TEXT)
        try:
            return self._take(length).decode("utf-8")
        except UnicodeDecodeError as error:
            raise GgufError("A text in it is not UTF-8") from error

    def _value(self, kind: int, *, inside: bool = False) -> Any:
        if kind == _TEXT:
            return self._text()
        if kind == _ARRAY and not inside:
            item = self._number("<I")
            return [self._value(item, inside=True) for _ in range(self._count("items in a list", MAX_ITEMS))]
        if kind not in _SCALARS:
            raise GgufError(f"It holds metadata of a kind {kind}")
        return self._number(_SCALARS[kind])

    def _info(self) -> tuple[str, tuple[int, ...], Encoding, int]:
        name = self._text()
        dimensions = self._number("<I")
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise GgufError(f"{name[:60]!r} has {dimensions} dimensions")
        shape = tuple(self._number("<Q") for _ in range(dimensions))[::-1]
        kind, offset = self._number("<I"), self._number("<Q")
        if kind not in Encoding.__members__.values():
            raise GgufError(f"{name[:60]!r} is stored in a way {kind}; F32, Q4_1 and Q8_0 are known")
        return name, shape, Encoding(kind), offset

    def _placed(self, infos: list[tuple[str, tuple[int, ...], Encoding, int]]) -> dict[str, Tensor]:
        alignment = self.metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or not 1 <= alignment <= MAX_ALIGNMENT or alignment & (alignment - 1):
            raise GgufError(f"It is aligned to {alignment!r}")
        base = -(-self._at // alignment) * alignment
        placed: dict[str, Tensor] = {}
        for name, shape, encoding, offset in infos:
            if name in placed:
                raise GgufError(f"It has {name[:60]!r} twice")
            if not all(shape) or shape[-1] % encoding.block:
                raise GgufError(f"{name[:60]!r} has the shape {shape}")
            size = math.prod(shape) // encoding.block * encoding.block_bytes
            if offset % alignment or base + offset + size > self._end:
                raise GgufError(f"{name[:60]!r} lies outside of the file")
            placed[name] = Tensor(shape, encoding, base + offset, size)
        return placed
