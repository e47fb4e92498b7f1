"""Frames in fewer bytes: the screen must be the same, cell by cell."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from tests.support.emulator import PLAIN, Emulator
from tui.ui.terminal.minimal_escapes import with_minimal_escapes

WIDTH, HEIGHT = 60, 12
COLOURS = st.sampled_from([None, "#102030", "#e4e6eb", "red", "bright_red", "color(200)", "default"])
STYLES = st.builds(
    Style,
    color=COLOURS,
    bgcolor=COLOURS,
    bold=st.sampled_from([None, True]),
    italic=st.sampled_from([None, True]),
    reverse=st.sampled_from([None, True]),
    strike=st.sampled_from([None, True]),
    underline=st.sampled_from([None, True]),
    dim=st.sampled_from([None, True]),
    underline2=st.sampled_from([None, True]),
    overline=st.sampled_from([None, True]),
)
TEXTS = st.sampled_from(
    ["a", "word and word", " " * 30, "   ", "│" + " " * 20 + "│", "你好", " " * 12 + "x" + " " * 14]
)
MOVES = st.builds(lambda row, column: f"\x1b[{row};{column}H", st.integers(1, HEIGHT), st.integers(1, WIDTH))
STYLED = st.builds(lambda text, style: style.render(text), TEXTS, STYLES)
FRAMES = st.lists(
    st.one_of(MOVES, STYLED, TEXTS, st.just("\n"), st.just("\x1b[?2026h"), st.just("\x1b]52;c;aGk=\x07")), max_size=40
)


def seen(data: str) -> Emulator:
    emulator = Emulator(WIDTH, HEIGHT + 40)  # No frame goes on below the last row.
    emulator.feed(data + "\x1b[1;1H")
    return emulator


def as_seen(emulator: Emulator) -> list[list[tuple[str, tuple[str, str, str]]]]:
    """The cells; of a space that shows no attribute only the ground is seen."""
    return [
        [
            (text, ("", "", back) if text == " " and {*attributes.split(";")} <= {"", "1", "2", "3"} else style)
            for text, style in row
            for attributes, _, back in [style]
        ]
        for row in emulator.cells
    ]


@given(FRAMES, st.booleans())
def test_the_screen_is_the_same_and_the_style_is_none_at_the_end(parts: list[str], erases: bool) -> None:
    frame = "".join(parts) + "\x1b[3;3H"
    short = with_minimal_escapes(frame, erases=erases)
    before, after = seen(frame), seen(short)
    assert as_seen(after) == as_seen(before)
    assert after.style == PLAIN
    assert len(short) <= len(frame) + 4


def test_a_frame_of_one_style_has_it_once_and_goes_to_each_place_once() -> None:
    style = Style.parse("#e4e6eb on #191c22")
    frame = "".join(f"\x1b[{row};2H{style.render('text')}{style.render('  ')}\x1b[{row};8H\n" for row in range(1, 9))
    short = with_minimal_escapes(frame + "\x1b[1;1H", erases=False)
    assert short.count("38;2;228;230;235") == 1
    assert short.count("H") == 9
    assert "\n" not in short


def test_what_is_no_frame_stays_as_it_is() -> None:
    for data in ("\x1b[?1049h", "\x07", "\x1b[>25u", "\x1b]52;c;aGk=\x07", "\x1b[?2026$p", "plain \n text"):
        assert with_minimal_escapes(data, erases=True) == data


def test_spaces_with_an_underline_are_written() -> None:
    frame = io.StringIO()
    frame.write(Style(underline=True).render(" " * 40))
    assert " " * 40 in with_minimal_escapes(frame.getvalue(), erases=True)


def test_a_word_in_bold_costs_neither_a_reset_nor_its_ground() -> None:
    plain, bold = Style.parse("#e4e6eb on #191c22"), Style.parse("bold #6cb2f5 on #191c22")
    frame = "".join(style.render(text) for style, text in ((plain, "a"), (bold, "b"), (plain, "   "), (plain, "c")))
    begin = "\x1b[38;2;228;230;235;48;2;25;28;34ma"
    assert with_minimal_escapes(frame, erases=False) == (
        begin + "\x1b[1;38;2;108;178;245mb   \x1b[22;38;2;228;230;235mc\x1b[0m"
    )
