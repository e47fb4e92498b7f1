"""Text by the cells it takes. Rich's reckoning is the second opinion: it is what paints the screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.some import some
from tui.core.text.cell_width import cell_width, padded, table_rows

WIDE = ["plain", "通义千问", "モデル", "모델", "🙂 small", "e\u0301tude", "ｆｕｌｌ", "hi｜there"]


@pytest.mark.parametrize("text", WIDE)
def test_a_line_takes_as_many_cells_as_on_the_screen(text: str) -> None:
    assert cell_width(text) == cell_len(text)


def test_a_line_is_padded_by_cells_and_never_cut() -> None:
    assert padded("检索", 6) == "检索  "
    assert padded("检索模型", 6) == "检索模型"


@given(st.lists(st.lists(st.sampled_from(WIDE), min_size=3, max_size=3), min_size=1))
def test_the_columns_of_a_table_line_up(rows: list[list[str]]) -> None:
    made = table_rows(rows, least=3)
    assert [[cell.rstrip(" ") for cell in row] for row in made] == rows
    for column in some(zip(*made, strict=True)):
        assert len({cell_len(cell) for cell in column}) == 1
