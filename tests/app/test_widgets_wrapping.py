"""Wrapping by cells: against a slow and obvious reference, and the text that grows against the same text at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.some import any_number_of, some
from tui.core.text.clean import clean
from tui.ui.widgets.answer import wrapped as wrapped_module
from tui.ui.widgets.answer.wrapped import LONG, WrappedText
from tui.ui.widgets.answer.wrapping import _NO_START, _SIMPLE, _simple_breaks, breaks, slices, untab, wrap

# Each is one character as it is seen, so that the reference needs no idea of its own where characters end.
CHARACTERS = ["a", "b", "é", "-", " ", " ", "漢", "字", "。", "e\u0301", "☺\ufe0f", "👩\u200d👩\u200d👧", "👍🏽", "—"]
REACHES = {"👩\u200d👩\u200d👧": 6, "👍🏽": 4}
"""Cells that characters take in a terminal which does not join them; the others take what they always do."""
lines = st.lists(st.sampled_from(CHARACTERS), max_size=40)
widths = st.integers(2, 14)


def extent(characters: list[str]) -> int:
    """How far they reach in any terminal, spaces at their end left out; no other row would help the first one."""
    reaches = [REACHES.get(one, cell_len(one)) if at else cell_len(one) for at, one in enumerate(characters)]
    ends = [cell_len("".join(characters[:at])) + reach for at, reach in enumerate(reaches)]
    return max((end for end, one in zip(ends, characters, strict=True) if one != " "), default=0)


def slow_slices(characters: list[str], width: int) -> list[str]:
    """Try every cut: the last good one that fits, else the last that fits."""
    found = []
    while characters and extent(characters) > width:
        fitting = [
            cut for cut in range(1, len(characters)) if characters[cut] != " " and extent(characters[:cut]) <= width
        ]
        good = [cut for cut in fitting if may_break(characters[:cut], characters[cut])]
        beyond = [cut for cut in range(1, len(characters)) if characters[cut] != " "]
        if not beyond:
            break
        cut = max(good or fitting or beyond[:1])
        found.append("".join(characters[:cut]))
        characters = characters[cut:]
    return [*found, "".join(characters)]


def may_break(before: list[str], after: str) -> bool:
    if not "".join(before).strip(" "):
        return False
    if before[-1] == " ":
        return True
    return (cell_len(before[-1]) > 1 or cell_len(after) > 1) and after not in _NO_START


@settings(deadline=None)
@given(lines, widths)
def test_rows_break_where_the_slow_reference_breaks_them(characters: list[str], width: int) -> None:
    assert slices("".join(characters), width) == slow_slices(characters, width)


@settings(deadline=None)
@given(lines, widths)
def test_no_row_is_wider_than_asked_and_only_spaces_are_left_out(characters: list[str], width: int) -> None:
    line = "".join(characters)
    rows = wrap(line, width)
    assert all(cell_len(row) <= width for row in some(rows))
    assert "".join(rows).replace(" ", "") == line.replace(" ", "")
    assert "".join(slices(line, width)) == line


@given(st.text("ab —é", max_size=40), widths)
def test_the_quick_way_for_plain_characters_breaks_like_the_general_one(line: str, width: int) -> None:
    assert _simple_breaks(line, width) == breaks(line, width)


def test_every_character_taken_for_plain_is_one_cell_wide() -> None:
    plain = [chr(point) for point in range(0x20, 0x2600) if _SIMPLE.fullmatch(chr(point))]
    assert len(plain) > 1000
    assert [character for character in plain if cell_len(character) != 1] == []


def test_words_keep_together_and_longer_words_are_broken_at_the_cells() -> None:
    assert wrap("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert wrap("a reallyreallylong word", 6) == ["a", "really", "really", "long", "word"]


def test_hindi_is_broken_between_words_and_has_room_for_vowels_that_take_a_cell() -> None:
    assert wrap("हिन्दी में उत्तर: क्षेत्र", 9) == ["हिन्दी में", "उत्तर:", "क्षेत्र"]
    assert wrap("हिन्दी", 4) == ["हिन्", "दी"]


def test_chinese_breaks_anywhere_but_before_its_closing_marks() -> None:
    assert wrap("检索增强生成。然后", 12) == ["检索增强生", "成。然后"]


def test_indents_stay_and_tabs_reach_the_next_stop_by_cells() -> None:
    assert wrap("    return 1", 20) == ["    return 1"]
    assert untab("a\tb\t漢\tc") == "a   b   漢  c"


@pytest.mark.parametrize("width", [-3, 0, 1])
def test_a_hopeless_width_still_ends(width: int) -> None:
    assert "".join(wrap("漢字 ab", width)) == "漢字ab"


NASTY = ["word ", "漢字", "\n", "\r\n", "\r", "\t", "\x1b[31m", "\ud83d", "\ude00", "e", "\u0301", "👩", "\u200d", "  "]
NASTY += ["\u0645", "\u200c", "\u0915\u094d", "\u093f", "🏴", "\U000e0067\U000e0062", "\U000e007f", "\ufe0f", "⚠"]
pieces = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=5)), max_size=30)


@settings(deadline=None)
@given(pieces, st.integers(2, 30))
def test_text_that_grows_ends_up_as_if_it_had_come_at_once(parts: list[str], width: int) -> None:
    growing = WrappedText(width)
    text = ""
    for part in any_number_of(parts):
        before, text = list(growing.rows), text + part
        first = growing.update(text)
        whole = WrappedText(width)
        whole.update(text)
        assert growing.rows == whole.rows
        assert growing.rows[:first] == before[:first], "rows said to be unchanged are"
    assert growing.restarts == 0


SCRIPTS = ["हिन्दी ", "क्\u200dष", "می\u200cخواهم ", "⚠\ufe0f", "ที่นี่"]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.sampled_from(["word ", "漢字。", "no", "👩\u200d👩", "e\u0301", "\ud83d\ude00", " ", *SCRIPTS]), min_size=50
    )
)
def test_an_endless_line_wraps_as_if_it_had_come_at_once(words: list[str]) -> None:
    text = "".join(words) * (3 * LONG // len("".join(words)) + 1)
    growing, whole = WrappedText(23), WrappedText(23)
    for stop in range(0, len(text), 197):
        growing.update(text[:stop])
    growing.update(text)
    whole.update(text)
    assert growing.rows == whole.rows == slices(clean(text), 23)


@pytest.mark.parametrize("line", ["many words in a line of text\n", "many words without any end ", "漢字仮名交じり文"])
def test_showing_text_at_every_beat_costs_the_new_part_only(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned = 0

    def counting(text: str) -> str:
        nonlocal cleaned
        cleaned += len(text)
        return clean(text)

    monkeypatch.setattr(wrapped_module, "clean", counting)
    text = line * (30_000 // len(line))
    growing = WrappedText(40)
    beats = range(0, len(text), 50)
    for stop in beats:
        growing.update(text[:stop])
    assert cleaned <= len(beats) * (LONG + 100), "each beat may do the last line again, up to a bound"


def test_other_text_starts_from_the_beginning() -> None:
    growing = WrappedText(20)
    growing.update("one\ntwo\nthree")
    assert growing.update("another") == 0
    assert (growing.rows, growing.restarts) == (["another"], 1)


def test_a_place_is_found_again_in_another_width() -> None:
    growing = WrappedText(40)
    growing.update("\n".join(f"line {number} with some words to wrap in narrow panes" for number in range(50)))
    row = next(index for index, text in enumerate(growing.rows) if text.startswith("line 30"))
    position = growing.position(row)
    for width in (11, 200, 23):
        growing.resize(width)
        assert growing.rows[growing.row_of(position)].startswith("line 30")


@pytest.mark.parametrize(
    "text", ["می\u200cخواهم", "👩\u200d💻", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"]
)
def test_what_a_stream_cuts_within_a_word_or_an_emoji_is_never_spelled_out(text: str) -> None:
    growing = WrappedText(40)
    for end in some(range(1, len(text) + 1)):
        growing.update(text[:end])
        assert "<U+" not in "".join(growing.rows)
    assert growing.rows == [text]
