"""What is packed is unpacked a little at a time, however much it would be."""

from __future__ import annotations

import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.some import any_number_of
from tui.net.bodies import PIECE_BYTES, PackedError, Unpacker

BOMB = gzip.compress(b"x" * 50_000_000)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200).map(lambda part: part * 700), st.lists(st.integers(0, 500), max_size=5))
def test_any_split_of_a_packed_body_gives_the_same_bytes(body: bytes, cuts: list[int]) -> None:
    for encoding, packed in (("gzip", gzip.compress(body)), ("Deflate", zlib.compress(body)), ("", body)):
        edges = sorted({0, len(packed), *(cut for cut in cuts if cut < len(packed))})
        unpacker = Unpacker(encoding)
        pieces = [piece for start, end in pairwise(edges) for piece in unpacker.take(packed[start:end])]
        assert b"".join(pieces) == body
        assert not encoding or all(0 < len(piece) <= PIECE_BYTES for piece in any_number_of(pieces))


def test_of_a_bomb_no_more_is_unpacked_than_is_taken() -> None:
    pieces = Unpacker("gzip").take(BOMB)
    assert [len(next(pieces)) for _ in range(3)] == [PIECE_BYTES] * 3


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "no\u00a0such"])
def test_what_cannot_be_unpacked_is_said(encoding: str) -> None:
    with pytest.raises(PackedError, match="which was not asked for"):
        Unpacker(encoding)


def test_what_is_damaged_is_said() -> None:
    with pytest.raises(PackedError, match="damaged"):
        list(Unpacker("gzip").take(b"no gzip at all"))


def test_what_follows_the_end_of_what_is_packed_is_nothing() -> None:
    assert b"".join(Unpacker("gzip").take(gzip.compress(b"a") + b"more")) == b"a"
