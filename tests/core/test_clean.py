"""The gate: nothing passes it that could move the cursor, hide, or turn the line round."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.some import any_number_of
from tui.core.clean import MAX_COMBINING, clean, clean_line, join_surrogates, without_escapes

HOSTILE = {
    "an escape sequence": ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
    "a terminal title": ("\x1b]0;owned\x07", "␛]0;owned␇"),
    "a clipboard write ended by ST": ("\x1b]52;c;aGk=\x1b\\", "␛]52;c;aGk=␛\\"),
    "C1 CSI": ("\x9b31m", "<U+009B>31m"),
    "C1 OSC and DCS": ("\x9d0;x\x9c\x90q", "<U+009D>0;x<U+009C><U+0090>q"),
    "NUL and DEL": ("a\x00b\x7f", "a␀b␡"),
    "backspaces over a word": ("safe\b\b\b\bevil", "safe␈␈␈␈evil"),
    "a bare carriage return": ("100%\rfake", "100%␍fake"),
    "CRLF": ("one\r\ntwo", "one\ntwo"),
    "two returns and a line feed": ("one\r\r\ntwo", "one␍\ntwo"),
    "line feed and tab": ("a\tb\n", "a\tb\n"),
    "vertical tab and form feed": ("a\vb\fc", "a␋b␌c"),
    "NEL, LS and PS": ("a\x85b\u2028c\u2029d", "a<U+0085>b<U+2028>c<U+2029>d"),
    "a right-to-left override": ("exe.\u202egpj", "exe.<U+202E>gpj"),
    "bidi isolates": ("\u2066a\u2069", "<U+2066>a<U+2069>"),
    "Arabic letter mark": ("a\u061cb", "a<U+061C>b"),
    "zero width": ("pa\u200bss\u2060wo\ufeffrd", "pa<U+200B>ss<U+2060>wo<U+FEFF>rd"),
    "a soft hyphen": ("a\u00adb", "a<U+00AD>b"),
    "Hangul fillers": ("\u115f\u1160\u3164\uffa0", "<U+115F><U+1160><U+3164><U+FFA0>"),
    "tag characters": ("hi\U000e0068\U000e0069", "hi<U+E0068><U+E0069>"),
    "a variation selector of the second plane": ("a\U000e0100", "a<U+E0100>"),
    "annotations": ("\ufff9a\ufffab\ufffb", "<U+FFF9>a<U+FFFA>b<U+FFFB>"),
    "a lone high surrogate": ("a\ud83d", "a\ufffd"),
    "a lone low surrogate": ("\ude00a", "\ufffda"),
    "a pair in two halves": ("\ud83d" + "\ude00", "😀"),
    "a pair the wrong way round": ("\ude00\ud83d", "\ufffd\ufffd"),
    "a joiner between letters": ("a\u200db", "a<U+200D>b"),
    "a joiner at the edge": ("😀\u200d", "😀<U+200D>"),
    "a joiner after a control": ("\x1b\u200d😀", "␛<U+200D>😀"),
    "stacked combining marks": ("e" + "\u0301" * 50, "e" + "\u0301" * MAX_COMBINING),
    "a few combining marks": ("n\u0303o\u0308", "n\u0303o\u0308"),
    "markup": ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
}

FAMILIES = ["👨‍👩‍👧‍👦", "👩🏽‍💻", "🏳️‍🌈", "❤️‍🔥", "🇨🇭", "1️⃣", "👍🏿"]

anything = st.text(st.characters(), max_size=60)
"""Every code point, lone surrogates included."""
traps = st.lists(st.sampled_from([hostile for hostile, _ in HOSTILE.values()] + FAMILIES), max_size=8).map("".join)
untrusted = anything | traps | st.tuples(anything, traps, anything).map("".join)
many = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize(("hostile", "shown"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_shown_harmless(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


@many
@given(untrusted)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    line = clean_line(text)
    assert clean_line(line) == line


@many
@given(untrusted)
def test_nothing_that_controls_a_terminal_or_hides_is_left(text: str) -> None:
    shown = clean(text)
    for at, char in enumerate(any_number_of(shown)):
        category = unicodedata.category(char)
        assert category != "Cs", "a surrogate"
        assert category not in ("Zl", "Zp"), "a line or paragraph separator"
        assert category != "Cc" or char in "\n\t", "C0 or C1"
        bidi = unicodedata.bidirectional(char)
        assert bidi not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}, "a change of direction"
        if char == "\u200d":
            assert 0 < at < len(shown) - 1, "a joiner with nothing to join"
        else:
            assert char not in "\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad", "a character of no width"
    assert not re.search(f"[\u0300-\u036f]{{{MAX_COMBINING + 1}}}", shown)
    shown.encode("utf-8")


@many
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_is_left_alone(text: str) -> None:
    assert clean(text) == text
    assert clean_line(text) == text


@pytest.mark.parametrize("emoji", FAMILIES)
def test_emoji_stay_whole(emoji: str) -> None:
    assert clean(emoji) == emoji
    assert clean(f"a {emoji} b") == f"a {emoji} b"


@many
@given(traps, st.data())
def test_joined_chunks_clean_like_the_whole(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    assert clean("".join([text[:cut], text[cut:]])) == clean(text)
    assert join_surrogates(join_surrogates(text)) == join_surrogates(text)


@pytest.mark.parametrize(
    "unit",
    [
        "\x1b[2J",
        "\u0301",
        "\ud83d",
        "\u200d",
        "😀\u200d",
        "\r\n",
        "\r",
        "\u202e\u2066",
        "a\u0301\u0301\u0301\u0301\u0301",
    ],
    ids=ascii,
)
def test_a_megabyte_of_hostile_text_comes_to_an_end(unit: str) -> None:
    shown = clean(unit * (1_000_000 // len(unit)))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)


def test_a_line_is_one_line_and_no_longer_than_asked() -> None:
    assert clean_line("one\r\ntwo\nthree\tfour") == "one␊two␊three four"
    assert clean_line("abcdef", 4) == "abc…"
    assert clean_line("abcd", 4) == "abcd"
    assert clean_line("\x1b" * 10, 3) == "␛␛…"
    assert clean_line("abc", 1) == "…"


@many
@given(untrusted, st.integers(1, 40))
def test_a_line_holds_no_line_break_and_keeps_its_limit(text: str, limit: int) -> None:
    line = clean_line(text, limit)
    assert len(line) <= limit
    assert line.splitlines() in ([], [line])


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2K\x1b[1G50 %", "50 %"),
        ("\x1b]0;a title\x07{}", "{}"),
        ("\x1b]8;;https://example.org\x1b\\a link\x1b]8;;\x1b\\", "a link"),
        ("\x1bMup", "up"),
        ("\x1b]0;a title without an end", "0;a title without an end"),
        ("plain [1] text", "plain [1] text"),
    ],
)
def test_what_colours_a_terminal_is_taken_out_of_a_commands_words(said: str, rest: str) -> None:
    assert without_escapes(said) == rest
