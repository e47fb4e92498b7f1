"""The text of a file parses to what was given, shows every hidden character, and changes where a value changed."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.text.clean import join_surrogates, spell_hidden
from tui.storage.toml_writer import emit, emit_table, storable

TRAPS = ["\r\n", "\r", "\n", '"', '"""', "'''", "\\", "\\u0041", "\t", "\0", "\x1b[2J", "\x85", "\u2028", "\u202e"]
TRAPS += [
    "\u200b",
    "\ufeff",
    "\U000e0041",
    "👩\u200d💻",
    "\u0645",
    "\u200c",
    "\u200d",
    "\ufe0f",
    "🏴\U000e0067\U000e0062\U000e0065\U000e007f",
    "\ud83d",
    "\ude00",
    "\ud83d\ude00",
    "#",
    " ",
    "end",
    "\x7f",
    "=[[",
]
anything = st.text(st.characters(), max_size=40) | st.lists(st.sampled_from(TRAPS), max_size=8).map("".join)
scalars = (
    anything | st.integers(-(2**62), 2**62) | st.booleans() | st.floats(allow_nan=False)
    | st.datetimes(timezones=st.just(UTC))
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3),
    max_leaves=8,
)
many = settings(max_examples=60, deadline=None)


@many
@given(anything)
def test_any_text_comes_back_with_only_its_surrogates_changed(text: str) -> None:
    parsed = tomllib.loads(emit({"run": [{"answer": text, "usage": {"x": text}}], "end": {text: [text]}}))
    whole = join_surrogates(text)
    assert parsed == {"run": [{"answer": whole, "usage": {"x": whole}}], "end": {whole: [whole]}}


@many
@given(st.dictionaries(anything, values, max_size=4))
def test_any_tables_come_back(tables: dict[str, Any]) -> None:
    assert tomllib.loads(emit(tables)) == storable(tables)


@many
@given(anything)
def test_nothing_hidden_is_left_in_the_text(text: str) -> None:
    emitted = emit({"run": [{text: text, "list": [text]}]})
    assert spell_hidden(emitted, lambda _: "!") == emitted
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", emitted)
    emitted.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("one line", 'a = "one line"\n'),
        ("two\nlines", 'a = """\ntwo\nlines"""\n'),
        ("two\r\nlines", 'a = "two\\r\\nlines"\n'),
        ("\nfirst and last\n", 'a = """\n\nfirst and last\n"""\n'),
        ("C1 \x9b and \u202e", 'a = "C1 \\u009B and \\u202E"\n'),
        ("tag \U000e0041", 'a = "tag \\U000E0041"\n'),
        ("می\u200cخواهم", 'a = "می\u200cخواهم"\n'),
        ("👩\u200d💻 ⚠️", 'a = "👩\u200d💻 ⚠️"\n'),
        ("a\u200cb\u200d", 'a = "a\\u200Cb\\u200D"\n'),
        ("half \ud83d", 'a = "half \ufffd"\n'),
        ("\ud83d\ude00 Grüße 世界", 'a = "😀 Grüße 世界"\n'),
    ],
)
def test_text_is_written_to_be_read(text: str, written: str) -> None:
    assert emit({"a": text}) == written


def test_every_table_has_a_header_and_plain_values_come_first() -> None:
    tables = {
        "later": {"x": 1, "inner": {"y": 2}, "z": 3, "rows": [{"n": 1}, {"n": 2}]},
        "first": "value",
        "none": None,
        "empty": {},
        "odd key": [{"a.b": 1}],
    }
    assert emit(tables) == (
        'first = "value"\n'
        "\n[later]\nx = 1\nz = 3\n"
        "\n[later.inner]\ny = 2\n"
        "\n[[later.rows]]\nn = 1\n"
        "\n[[later.rows]]\nn = 2\n"
        "\n[empty]\n"
        '\n[["odd key"]]\n"a.b" = 1\n'
    )


def test_a_table_alone_is_written_as_in_its_file() -> None:
    row = {"id": "r1", "answer": "a\nb", "usage": {"source": "none"}}
    assert emit({"schema": 1, "run": [row, row]}) == "\n".join(
        [emit({"schema": 1}), emit_table("run", row), emit_table("run", row)]
    )


def test_a_point_in_time_stays_one() -> None:
    at = datetime(2026, 11, 22, 11, 3, 1, 123456, tzinfo=UTC)
    assert emit({"at": at}) == "at = 2026-11-22 11:03:01.123456+00:00\n"
    assert tomllib.loads(emit({"at": at})) == {"at": at}
