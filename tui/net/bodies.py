"""Bodies of HTTP responses, unpacked in small pieces: whatever limits what is read holds for what comes out, too."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from tui.net.secrets import beginning_of

PIECE_BYTES = 65_536
"""The most that is unpacked at once."""
_PLAIN = ("", "identity")
_PACKED = ("gzip", "x-gzip", "deflate")
_ANY_HEADER = zlib.MAX_WBITS | 32
"""Has zlib find out by itself whether the header is gzip's or its own."""


class PackedError(Exception):
    """A body that is packed in a way that cannot be undone; says how."""


class Unpacker:
    """Undoes a response's `Content-Encoding`. Raises PackedError for an encoding that is not known."""

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in _PLAIN and name not in _PACKED:
            raise PackedError(f"the body is packed ({beginning_of(name, 40)}), which was not asked for")
        self.packed = name in _PACKED
        self._zlib = zlib.decompressobj(_ANY_HEADER)

    def take(self, data: bytes) -> Iterator[bytes]:
        """What these bytes stand for, in pieces of at most `PIECE_BYTES` when they were packed. Raises PackedError."""
        if not self.packed:
            yield data
            return
        try:
            more = bool(data)
            while more and not self._zlib.eof:
                piece = self._zlib.decompress(data, PIECE_BYTES)
                data = self._zlib.unconsumed_tail
                # With all input taken, what found no room may still wait inside.
                more = bool(data) or len(piece) == PIECE_BYTES
                if piece:
                    yield piece
        except zlib.error as error:
            raise PackedError(f"the body is packed, and damaged: {error}") from error
