"""A difference as rows: read without any colour, within any width, with nothing of the answer left out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style

from tests.support.some import any_number_of, some
from tui.core.text.diff import diff
from tui.ui.cells import cells_needed
from tui.ui.widgets.answer.difference_rows import Compared, DifferenceRows
from tui.ui.widgets.answer.styles import ROLES

STYLES = {role: Style(bold=role == "heading", underline=role == "added", strike=role == "removed") for role in ROLES}
OLD = "RAG looks passages up first. It hands them to the model.\n\nIt costs one search more."
NEW = "RAG looks passages up. It gives them to the model.\n\nIt costs a search more."


def rows_of(old: str, new: str, width: int = 200) -> tuple[DifferenceRows, list[str]]:
    made = DifferenceRows(Compared("2 phi", old), Compared("1 qwen", new), diff(old, new))
    return made, made.formatted(width, STYLES).rows


def test_what_was_added_and_removed_stands_in_signs_between_the_words_that_stay() -> None:
    made, rows = rows_of(OLD, NEW)
    assert rows == [
        "{+only 1 qwen+} [-only 2 phi-]",
        "",
        "RAG looks passages up [-first. It hands-]{+. It gives+} them to the model.",
        "",
        "It costs [-one-]{+a+} search more.",
    ]
    assert [[rows[part.row][part.start : part.stop] for part in place] for place in made.places] == [
        ["[-first. It hands-]", "{+. It gives+}"],
        ["[-one-]", "{+a+}"],
    ]


def test_every_line_of_a_changed_piece_has_the_signs_and_keeps_its_indent() -> None:
    _, rows = rows_of("One two three four five six.", "One two three four five six.\n\n```\nif x:\n    y()\n```")
    assert rows[-4:] == ["{+```+}", "{+if x:+}", "    {+y()+}", "{+```+}"]


def test_a_place_that_wraps_is_marked_in_each_of_its_rows() -> None:
    made, rows = rows_of("One two three four. Five six.", "One two three four. Seven eight nine ten. Five six.", 14)
    (place,) = made.places
    assert [rows[part.row][part.start : part.stop] for part in place] == ["{+Seven", "eight nine", "ten.+}"]


@pytest.mark.parametrize(("old", "new"), [("Bananas are yellow.", NEW), (NEW, "検索します。")])
def test_texts_with_little_in_common_are_both_shown_whole(old: str, new: str) -> None:
    made, rows = rows_of(old, new)
    assert rows[0] == "They have little in common." and not made.inline and not made.places
    assert rows[2] == "1 qwen" and rows[rows.index("2 phi") + 1 :] == old.split("\n")
    assert rows[3 : rows.index("2 phi") - 1] == new.split("\n")


def test_the_same_words_have_no_place_to_go_to() -> None:
    made, rows = rows_of(OLD, OLD)
    assert not made.places and "The two are the same, word for word." in rows


TEXTS = st.lists(
    st.sampled_from(["RAG", "sucht", "जाँच", "की", "検索", "\n", "\n\n", "the", "a", "fits.", "\x1b[2J", "\t"]),
    min_size=1, max_size=24,
).map(" ".join)  # fmt: skip


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(8, 60))
def test_rows_fit_pieces_are_the_rows_and_the_new_text_can_be_read_out_of_them(old: str, new: str, width: int) -> None:
    made, rows = rows_of(old, new, width)
    formatted = made.formatted(width, STYLES)
    assert ["".join(piece.text for piece in pieces) for pieces in formatted.pieces] == rows
    assert all(cells_needed(row) <= width and "\x1b" not in row for row in some(rows))
    for part in any_number_of([part for place in made.places for part in place]):
        assert rows[part.row][part.start : part.stop].strip()
    if made.inline and made.difference.changed:
        wide = replace_styles(made)
        assert re.sub(r"\s", "", re.sub(r"\[-.*?-\]|\{\+|\+\}", "", wide)) == re.sub(r"\s", "", new).replace(
            "\x1b", "␛"
        )


def replace_styles(made: DifferenceRows) -> str:
    """The text below the head, on rows as long as they come."""
    rows = replace(made).formatted(10_000, STYLES).rows
    return "\n".join(rows[2:] if not rows[1].startswith("They") else rows[3:])
