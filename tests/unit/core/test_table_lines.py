"""Tables on lines that are too short for them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.text.cell_width import cell_width, table_lines

ROWS = [("state", "id", "licence", "task"), ("cached", "demo-small:1", "MIT", "chat-completion")]


def test_what_has_no_room_stands_below_its_row() -> None:
    wide = ["state   id            licence  task", "cached  demo-small:1  MIT      chat-completion"]
    assert table_lines(ROWS, None, alike=True) == table_lines(ROWS, 80, alike=False) == wide
    below = ["        task", "cached  demo-small:1  MIT", "        chat-completion"]
    assert table_lines(ROWS, 40, alike=True) == ["state   id            licence", *below]
    assert table_lines(ROWS, 40, alike=False) == [wide[0], *below[1:]]


words = st.text("ab你", min_size=1, max_size=6)
cells = st.lists(words, min_size=1, max_size=4).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(words, cells, cells, cells), min_size=1, max_size=5), st.integers(45, 90), st.booleans())
def test_no_line_is_wider_than_there_is_room_and_no_word_is_lost(
    rows: list[tuple[str, ...]], room: int, alike: bool
) -> None:
    lines = table_lines(rows, room, alike=alike)
    assert max(map(cell_width, lines)) <= room
    assert " ".join(lines).split() == " ".join(" ".join(row) for row in rows).split()
