"""Decompresses the bodies of HTTP responses in small pieces, so that a limit on what is read also limits the result."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from tui.net.secrets import redacted_start

PIECE_BYTES = 65_536
"""The most bytes that are decompressed at once."""
_PLAIN = ("", "identity")
_PACKED = ("gzip", "x-gzip", "deflate")
_ANY_HEADER = zlib.MAX_WBITS | 32
"""Tells zlib to detect by itself whether the header is gzip's or its own."""


class PackedError(Exception):
    """A body with an encoding that cannot be undone; the text says which."""


class Unpacker:
    """Undoes a response's `Content-Encoding`. Raises PackedError for an encoding that is not known."""

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in _PLAIN and name not in _PACKED:
            raise PackedError(f"the body is packed ({redacted_start(name, 40)}), which was not asked for")
        self.packed = name in _PACKED
        self._zlib = zlib.decompressobj(_ANY_HEADER)

    def take(self, data: bytes) -> Iterator[bytes]:
        """The decompressed bytes, in pieces of at most `PIECE_BYTES`. Raises PackedError."""
        if not self.packed:
            yield data
            return
        try:
            more = bool(data)
            while more and not self._zlib.eof:
                piece = self._zlib.decompress(data, PIECE_BYTES)
                data = self._zlib.unconsumed_tail
                # A full piece means that zlib may still hold output, although it has taken all input.
                more = bool(data) or len(piece) == PIECE_BYTES
                if piece:
                    yield piece
        except zlib.error as error:
            raise PackedError(f"the body is packed, and damaged: {error}") from error
