"""Models described by their ids, and what is sent when."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.schedule import MS, Write, writes
from benchmarks.shape import Shape, parse
from benchmarks.words import token
from tests.support.some import any_number_of, some

small = st.integers(0, 60)
shapes = st.builds(
    Shape,
    **{field.name: st.integers(1, 60) if field.name in ("rate", "burst", "tpc") else small for field in fields(Shape)},
)


@settings(max_examples=100, deadline=None)
@given(shapes)
def test_an_id_says_everything_about_its_shape(shape: Shape) -> None:
    assert parse(shape.id) == shape


@pytest.mark.parametrize(
    ("model_id", "says"),
    [
        ("gpt-4o", "begins with `bench`"),
        ("bench-colour7", "`colour7` is no part"),
        ("bench-ttft5x", "`ttft5x` is no part"),
        ("bench-rate0", "at least 1"),
    ],
)
def test_an_id_that_describes_nothing_is_refused(model_id: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(model_id)


def test_a_number_may_be_left_out_where_it_is_1() -> None:
    assert parse("bench-nousage-len7") == Shape(nousage=1, len=7)


def test_the_writes_of_a_plain_answer() -> None:
    assert list(writes(Shape(ttft=50, rate=50, len=3))) == [
        Write(50 * MS, (1,), "a"),
        Write(70 * MS, (1,), "a"),
        Write(90 * MS, (1,), "a"),
        Write(90 * MS, kind="end"),
    ]


def test_bursts_chunks_of_several_tokens_thinking_and_silences() -> None:
    shape = Shape(ttft=100, rate=100, len=11, tpc=2, burst=2, think=40, role=30, stall=500, tail=7)
    assert list(writes(shape)) == [
        Write(70 * MS, kind="role"),
        Write(100 * MS, (2, 2), "r"),
        Write(140 * MS, (2, 2), "a"),
        Write((180 + 500) * MS, (2, 1), "a"),
        Write((180 + 500 + 7) * MS, kind="end"),
    ]


@settings(max_examples=100, deadline=None)
@given(shapes)
def test_every_token_is_sent_once_in_order_and_in_the_right_portions(shape: Shape) -> None:
    sent = list(writes(shape))
    assert sum(sum(write.chunks) for write in sent) == shape.len
    assert all(earlier.due <= later.due for earlier, later in any_number_of(pairwise(sent)))
    assert all(
        len(write.chunks) <= shape.burst and set(write.chunks) <= set(range(1, shape.tpc + 1)) for write in some(sent)
    )
    assert [write.kind for write in sent].count("end") == 1 and sent[-1].kind == "end"
    assert list(writes(replace(shape))) == sent, "the dice fall the same every time"


def test_no_answer_holds_what_a_screen_is_searched_for() -> None:
    text = "".join(token(number, seed) for seed in range(9) for number in range(500))
    assert text.isascii() and "\n\n" in text
    assert [Shape(n=number).mark for number in (0, 1, 8, 9)] == ["", "Δ", "Ψ", ""]
