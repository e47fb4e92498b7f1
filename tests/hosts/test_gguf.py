"""GGUF files: what they hold is read exactly, and a damaged or hostile one ends in a sentence."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.gguf_writer import F32, Q4_1, Q8_0, Stored, text, write
from tests.support.small_llama import facts, small_llama
from tests.support.some import some
from tui.hosts.embedded.gguf import GgufError, GgufFile

FACTS = {
    "general.name": "tiny",
    "a.number": 7,
    "a.fraction": 0.5,
    "yes": True,
    "words": ["one", "two"],
    "kinds": [1, 3],
}


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def test_metadata_and_tensors_are_read_as_they_were_written(tmp_path: Path) -> None:
    tensors = {
        "plain": Stored(numbers(3, 5), F32),
        "four": Stored(numbers(4, 96), Q4_1),
        "eight": Stored(numbers(2, 64), Q8_0),
    }
    write(tmp_path / "m.gguf", FACTS, tensors)
    with GgufFile(tmp_path / "m.gguf") as gguf:
        assert gguf.metadata == FACTS
        assert np.array_equal(gguf.f32("plain"), tensors["plain"].numbers)
        codes, scales, minima = gguf.q4_1("four")
        assert (codes.shape, codes.max() <= 15) == ((4, 3, 32), True)
        assert np.array_equal((codes * scales[..., None] + minima[..., None]).reshape(4, 96), tensors["four"].numbers)
        signed, steps = gguf.q8_0("eight")
        assert np.array_equal((signed * steps[..., None]).reshape(2, 64), tensors["eight"].numbers)


def test_an_array_outlives_its_file(tmp_path: Path) -> None:
    write(tmp_path / "m.gguf", {}, {"plain": Stored(numbers(2, 2), F32)})
    with GgufFile(tmp_path / "m.gguf") as gguf:
        read = gguf.f32("plain")
    (tmp_path / "m.gguf").unlink()
    assert np.array_equal(read, numbers(2, 2))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "It is empty"),
        (b"PK\x03\x04 and more", "does not begin as a GGUF file"),
        (b"GGUF" + struct.pack("<I", 9), "version 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60), "metadata entries"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62), "bytes in a text"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", 9, 4, 1 << 50), "items in a list"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", 9, 4, 999_999), "ends too early"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQI", 9, 9, 1, 9), "of a kind 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<I", 77), "of a kind 77"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"\xff", "not UTF-8"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<I", 1 << 30), "dimensions"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<IQIQ", 1, 32, 2, 0), "stored in a way 2"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<IQIQ", 1, 1 << 62, 0, 0), "lies outside"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<IQIQ", 1, 4, 0, 1 << 63), "lies outside"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<IQIQ", 1, 33, 8, 0), "has the shape"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("t") + struct.pack("<IQIQ", 1, 0, 0, 0), "has the shape"),
    ],
)
def test_a_hostile_file_is_refused_before_anything_is_reserved_for_it(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "m.gguf").write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(GgufError, match=says):
            GgufFile(tmp_path / "m.gguf")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_an_alignment_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    for alignment in some((0, 3, 1 << 30)):
        write(tmp_path / "m.gguf", {"general.alignment": alignment}, {})
        with pytest.raises(GgufError, match="aligned"):
            GgufFile(tmp_path / "m.gguf")


def test_what_is_asked_for_and_not_there_is_named(tmp_path: Path) -> None:
    write(tmp_path / "m.gguf", {}, {"vector": Stored(numbers(32), Q8_0), "odd": Stored(np.array([np.nan, 1]), F32)})
    with GgufFile(tmp_path / "m.gguf") as gguf:
        with pytest.raises(GgufError, match="no tensor missing"):
            gguf.f32("missing")
        with pytest.raises(GgufError, match="Q8_0, not Q4_1"):
            gguf.q4_1("vector")
        with pytest.raises(GgufError, match="no matrix"):
            gguf.q8_0("vector")
        with pytest.raises(GgufError, match="no number"):
            gguf.f32("odd")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("gguf") / "m.gguf"
    write(path, {name: facts()[name] for name in ("llama.block_count", "tokenizer.ggml.merges")}, {
        "plain": Stored(numbers(3, 5), F32), "four": Stored(numbers(4, 96), Q4_1),
    })  # fmt: skip
    return path.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(data=st.data())
def test_a_file_that_was_damaged_is_read_or_refused(tmp_path: Path, whole: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(whole)))
    at, bits = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    damaged = bytearray(whole)
    damaged[at] ^= bits
    path = tmp_path / "m.gguf"
    path.write_bytes(damaged[:cut] if data.draw(st.booleans()) else damaged)
    try:
        with GgufFile(path) as gguf:
            gguf.f32("plain")
            gguf.q4_1("four")
    except GgufError as error:
        assert str(error)


def test_the_small_model_is_read_whole(tmp_path: Path) -> None:
    model = small_llama(tmp_path / "m.gguf")
    with GgufFile(model.path) as gguf:
        assert set(gguf.tensors) == set(model.weights)
