"""Searching rows: whatever their width, in any case, in scripts with spaces and without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.ui.widgets.answer.highlights import Highlight, find, paragraphs, pattern_of
from tui.ui.widgets.answer.wrapped import WrappedText


def found(rows: list[tuple[str, bool]], words: str) -> list[list[str]]:
    pattern = pattern_of(words)
    assert pattern is not None
    return [[rows[part.row][0][part.start : part.stop] for part in match] for match in find(rows, pattern)]


def wrapped(text: str, width: int) -> list[tuple[str, bool]]:
    made = WrappedText(width)
    made.update(text)
    return [(row, made.continues(number)) for number, row in enumerate(made.rows)]


@pytest.mark.parametrize(
    ("rows", "words", "expected"),
    [
        ([("The rapist", False)], "therapist", []),
        ([("the", False), ("rapist", False)], "therapist", []),
        ([("Look It up", False)], "it UP", [["It up"]]),
        ([("augmented", False), ("generation", False)], "augmented generation", [["augmented", "generation"]]),
        ([("使用检索", False), ("  增强生成", False)], "检索增强", [["检索", "增强"]]),
        ([("उत्तर की", False), ("जाँच", False)], "की जाँच", [["की", "जाँच"]]),
        ([("a.b axb", False)], "a.b", [["a.b"]]),
    ],
)
def test_words_are_found_over_the_ends_of_rows_and_never_within_others(
    rows: list[tuple[str, bool]], words: str, expected: list[list[str]]
) -> None:
    assert found(rows, words) == expected


@given(st.integers(2, 40))
def test_a_word_longer_than_a_row_is_found_at_any_width(width: int) -> None:
    text = "see https://example.org/a/very/long/path now, and 使用检索增强生成"
    for words in ("https://example.org/a/very/long/path", "检索增强生成"):
        parts = found(wrapped(text, width), words)
        assert ["".join(part.strip() for part in match) for match in some(parts)] == [words]


def test_nothing_is_looked_for_without_words() -> None:
    assert pattern_of("  ") is None


def test_a_place_says_its_row_and_characters() -> None:
    pattern = pattern_of("b")
    assert pattern is not None
    assert list(find([("", False), ("abc", False)], pattern)) == [(Highlight(1, 1, 2),)]


def test_paragraphs_begin_after_empty_rows() -> None:
    assert paragraphs(["", "a", "b", "", "", "c", " ", "d"]) == [1, 5, 7]
