"""Rows whose width terminals disagree on: nothing beside them moves, whatever the terminal takes them for."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size
from rich.style import Style

from tests.support.emulator import Emulator
from tests.support.some import any_number_of, some
from tui.core.text.clean import clean_line
from tui.ui.cells import cells_needed, clusters
from tui.ui.terminal.column_widths import keep_columns
from tui.ui.terminal.minimal_escapes import with_minimal_escapes
from tui.ui.widgets.answer.wrapping import wrap

SCRIPTS = {
    "Hindi": "हिन्दी में उत्तर: क्षेत्र",
    "Hindi half forms": "क्\u200dष और क्\u200cष",
    "Bengali": "বাংলা ভাষায় উত্তর",
    "Tamil": "தமிழில் பதில் கொடு",
    "Thai": "คำตอบภาษาไทยอยู่ที่นี่",
    "Burmese": "မြန်မာဘာသာ",
    "Khmer": "ភាសាខ្មែរ",
    "Arabic": "بِسْمِ ٱللَّهِ الرحمن",
    "Persian": "می\u200cخواهم کتاب",
    "Hebrew": "בְּרֵאשִׁית ברא",
    "Chinese": "你好，世界。",
    "Korean": "한국어 \u1112\u1161\u11ab",
    "a selector": "⚠️ careful ☺️",
    "families": "👨‍👩‍👧‍👦 and 👩🏽‍💻",
    "skins": "👍🏿☝🏽✍🏽",
    "flags": "🇨🇭🇮🇳 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "keycaps": "1️⃣2️⃣",
    "emoji": "done 🎉🫨",
    "marks": "e\u0301\u0301\u0301\u0301 n\u0303",
}
NEIGHBOUR = "NEIGHBOUR"
WIDTH = 24
END = "│" + NEIGHBOUR + "│"


def by_rich(text: str) -> int:
    return cell_len(text)


def unsure(text: str) -> bool:
    """Whether it is more than a letter, an ideograph or a sign by itself."""
    return len(text) > 1 or text in "\u0e33\u0eb3" or "\U0001f000" <= text <= "\U0001faff"


def wider(text: str) -> int:
    return by_rich(text) + unsure(text)


def narrower(text: str) -> int:
    return max(by_rich(text) - unsure(text), 0)


def one_by_one(text: str) -> int:
    """A terminal to which nothing joins."""
    return sum(2 if "\U0001f1e6" <= char <= "\U0001f3ff" else cell_len(char) for char in text)


def marks_have_cells(text: str) -> int:
    """As tmux has it."""
    return sum(cluster.needed for cluster in clusters(text)) if "\ufe0f" not in text else cell_len(text[0])


OPINIONS = [by_rich, wider, narrower, one_by_one, marks_have_cells]
opinions = pytest.mark.parametrize("opinion", OPINIONS, ids=lambda opinion: opinion.__name__)


def painted(text: str) -> str:
    """A pane's row: its text, spaces, the column of its mark."""
    return Style.parse("red on blue").render(set_cell_size(text, WIDTH) + " ")


def frame(*texts: str) -> str:
    rows = (f"\x1b[{at};1H│{painted(text)}{END}" for at, text in enumerate(texts, 1))
    return "\n".join(rows)


def beside(screen: Emulator, row: int) -> str:
    """What stands beside a pane's row."""
    cells = [text for text, _ in screen.cells[row]]
    return cells[0] + "".join(cells[WIDTH + 2 : WIDTH + 2 + len(END)])


def rows_of(text: str) -> list[str]:
    return wrap(f"{text} {text} {text}", WIDTH)


@opinions
@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
@pytest.mark.parametrize("erases", [True, False])
def test_nothing_beside_a_row_moves(text: str, opinion: Callable[[str], int], erases: bool) -> None:
    rows = rows_of(text)
    screen = Emulator(60, len(rows) + 1, opinion)
    screen.feed(with_minimal_escapes(keep_columns(frame(*rows)), erases=erases))
    for at in some(range(len(rows))):
        assert beside(screen, at) == "│" + END, screen.rows
    # A pane alone is painted again, shorter, and longer: what is beside it is not.
    for again in ([*rows[1:], ""], rows):
        part = "\n".join(f"\x1b[{at};2H{painted(row)}" for at, row in enumerate(again, 1))
        screen.feed(with_minimal_escapes(keep_columns(part), erases=erases))
        for at in some(range(len(rows))):
            assert beside(screen, at) == "│" + END, screen.rows


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_nothing_is_painted_over_where_marks_have_cells(text: str) -> None:
    rows = rows_of(text)
    screen = Emulator(60, len(rows) + 1, lambda seen: sum(cluster.needed for cluster in clusters(seen)))
    screen.feed(with_minimal_escapes(keep_columns(frame(*rows)), erases=True))
    for at, row in enumerate(some(rows)):
        shown = "".join(cell for cell, _ in screen.cells[at][1 : WIDTH + 2])
        assert shown.replace(" ", "") == row.replace(" ", "")


@opinions
def test_a_row_that_is_written_again_leaves_nothing_of_the_old_one(opinion: Callable[[str], int]) -> None:
    screen = Emulator(60, 2, opinion)
    screen.feed(keep_columns(frame("x" * WIDTH)))
    screen.feed(keep_columns(frame(SCRIPTS["a selector"] + " " + SCRIPTS["Hindi"][:6])))
    assert "x" not in screen.rows[0]


@opinions
def test_what_reaches_the_end_of_what_is_painted_cannot_reach_beyond(opinion: Callable[[str], int]) -> None:
    """A title that is cut by cells, in a row of which only this part is painted again."""
    for text in SCRIPTS.values():
        screen = Emulator(60, 1, opinion)
        screen.feed(frame(""))
        for cells in some(range(1, WIDTH + 1)):
            title = set_cell_size(text, cells)
            screen.feed(keep_columns(f"\x1b[1;{WIDTH + 3 - cell_len(title)}H{title}"))
            assert beside(screen, 0) == "│" + END, (text, screen.rows)


characters = st.sampled_from([*"ab ─│★ ", "  ", "你", *(cell for text in SCRIPTS.values() for cell in text)])


@settings(deadline=None, max_examples=200)
@given(st.lists(characters, max_size=WIDTH).map("".join), st.integers(0, WIDTH), st.sampled_from(OPINIONS))
def test_no_row_reaches_beyond_its_part(text: str, cut: int, opinion: Callable[[str], int]) -> None:
    text = set_cell_size(clean_line(text), WIDTH + 1)
    screen = Emulator(60, 2, opinion)
    screen.feed(frame("", ""))
    parts = Style.parse("bold").render(text[:cut]) + Style.parse("red").render(text[cut:])
    if cell_len(text[:cut]) + cell_len(text[cut:]) == WIDTH + 1 and not text[cut:].startswith(("\u200d", "\ufe0f")):
        screen.feed(with_minimal_escapes(keep_columns(f"\x1b[1;2H{parts}"), erases=True))
        assert (beside(screen, 0), beside(screen, 1)) == ("│" + END, "│" + END)


@settings(deadline=None, max_examples=200)
@given(st.lists(characters, max_size=14).map("".join).map(clean_line))
def test_characters_add_up_to_what_textual_takes_a_text_for(text: str) -> None:
    found = clusters(text)
    assert "".join(text[one.begin : one.end] for one in found) == text
    assert sum(one.cells for one in found) == cell_len(text)
    assert all(one.cells <= one.needed <= one.most for one in any_number_of(found))


def test_a_space_behind_a_joiner_keeps_its_cell() -> None:
    """Rich does not count it: Malayalam's older spelling ends words with a joiner."""
    words = "അവന്\u200d " * 4
    screen = Emulator(60, 1, lambda seen: sum(cluster.needed for cluster in clusters(seen)))
    screen.feed(keep_columns(frame(words)))
    assert beside(screen, 0) == "│" + END
    assert "".join(cell for cell, _ in screen.cells[0][1:WIDTH]).startswith(words.rstrip())


ordinary = st.text(
    st.sampled_from([*"abc éüß—… “”", "│", "─", "★", "☆", "✓", "▓", "你", "好", "Ж", "λ", "한"]), max_size=60
)


@given(ordinary)
def test_ordinary_text_costs_nothing(text: str) -> None:
    data = f"\x1b[1;2H{painted(text)}\n\x1b[2;2H{painted(text)}"
    assert keep_columns(data) is data


def test_what_is_no_frame_stays_as_it_is() -> None:
    for data in ("\x1b[?1049h", "हि", "\x1b]0;हि\x07", "\x1b[1;1H\x1b[?2026hहि", "\x1b[31m"):
        assert keep_columns(data) == data


def test_the_text_is_the_same_and_in_its_style() -> None:
    for text in SCRIPTS.values():
        data = frame(text)
        kept = keep_columns(data)
        assert re.sub(r"\x1b\[\d+G| ", "", kept) == data.replace(" ", "")
        assert cells_needed(text) >= cell_len(text)
