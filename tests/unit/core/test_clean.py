"""The gate: nothing passes it that could move the cursor, hide, or turn the line round."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.some import any_number_of, some
from tui.core.text.clean import HIDDEN, clean, clean_line, join_surrogates, without_escapes

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
    "stacked combining marks": ("e" + "\u0301" * 50, "e\u0301\u0301\u0301\u0301"),
    "stacked Thai vowels": ("\u0e01" + "\u0e34" * 50, "\u0e01\u0e34\u0e34\u0e34\u0e34"),
    "stacked Arabic vowels": ("\u0628" + "\u064e\u0651" * 50, "\u0628\u064e\u0651\u064e\u0651"),
    "marks of several scripts": ("x\u0301\u0e34\u064e\u0591\u0300", "x\u0301\u0e34\u064e\u0591"),
    "marks tied to each other": ("\u0628" + "\u200d\u064e" * 50, "\u0628" + "\u200d\u064e" * 4),
    "vowels that take room": ("\u0915" + "\u093e" * 50, "\u0915" + "\u093e" * 8),
    "ends of Hangul syllables": ("\u1100" + "\u1161" * 50, "\u1100" + "\u1161" * 4),
    "beginnings of Hangul syllables": ("\u1100" * 50, "\u1100" * 8),
    "skin upon skin": ("\U0001f44d" + "\U0001f3ff" * 50, "\U0001f44d" + "\U0001f3ff" * 8),
    "selectors upon selectors": ("\u2764" + "\ufe0f" * 3, "\u2764\ufe0f<U+FE0F><U+FE0F>"),
    "a selector after a letter": ("a\ufe0f\ufe01", "a<U+FE0F><U+FE01>"),
    "bytes in selectors": ("\U0001f600\U000e0141\U000e0142", "\U0001f600<U+E0141><U+E0142>"),
    "a chain of joined emoji": ("\u200d".join("👩" * 6), "👩\u200d👩\u200d👩\u200d👩<U+200D>👩\u200d👩"),
    "tags behind an emoji that is no flag": ("😀\U000e0067\U000e007f", "😀<U+E0067><U+E007F>"),
    "a long message behind a flag": (
        "🏴" + "".join(chr(0xE0000 + ord(letter)) for letter in "password"),
        "🏴" + "".join(f"<U+E00{ord(letter):02X}>" for letter in "password"),
    ),
    "a non-joiner between Latin letters": ("a\u200cb", "a<U+200C>b"),
    "two joiners between Arabic letters": ("\u0645\u200c\u200c\u06cc", "\u0645<U+200C><U+200C>\u06cc"),
    "noncharacters": ("\ufdd0\ufffe\uffff", "<U+FDD0><U+FFFE><U+FFFF>"),
    "a few combining marks": ("n\u0303o\u0308", "n\u0303o\u0308"),
    "markup": ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
}

FAMILIES = ["👨‍👩‍👧‍👦", "👩🏽‍💻", "🏳️‍🌈", "❤️‍🔥", "🇨🇭", "1️⃣", "👍🏿", "⚠️", "☝🏽", "🧑🏿‍❤️‍💋‍🧑🏿", "✍️", "↔︎"]
FAMILIES += ["🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"]
"""The last one is the flag of England."""
AS_WRITTEN = {
    "Persian": "می\u200cخواهم کتاب\u200cها را بخوانم",
    "Persian after Latin letters": "PDF\u200cها",
    "Persian after a quotation mark": "«کتاب»\u200cها",
    "an abbreviation in Persian": "۱۴۰۲ ه\u200d.ش",
    "Urdu": "ہے\u200cاور",
    "Hindi": "हिन्दी में उत्तर: क्षेत्र",
    "Hindi with a half form": "क्\u200dष क्\u200cष",
    "Bengali": "র\u200d্যাব",
    "Malayalam, the older spelling": "അവന്\u200d പോയി",
    "Sinhala": "ශ්\u200dරී ලංකාව",
    "Khmer": "ភាសា\u200bខ្មែរ",
    "Thai": "ที่นี่\u200bกำลัง",
    "Burmese": "မြန်မာ ကျွန်ုပ် ကြွှော်",
    "Hebrew with its points": "בְּרֵאשִׁ֖ית",
    "Arabic with its vowels": "بِسْمِ ٱللَّهِ",
    "Tibetan": "བསྒྲུབས",
    "Vietnamese in parts": "Tie\u0302\u0301ng Vie\u0323\u0302t",
    "Korean in parts": "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ\u180b",
    "an ideograph of a certain form": "葛\U000e0100",
    "skins": "🏻🏼🏽🏾🏿",
}
"""Text whose joiners, selectors and marks belong to it."""

MEANT = "\u180b\u180c\u180d\u180f\u200b\u200c\u200d\ufe00\ufe01\ufe02\ufe0e\ufe0f"
"""Hidden characters that have a place in some script, and are shown only there; besides those of the last plane."""

anything = st.text(st.characters(), max_size=60)
"""Every code point, lone surrogates included."""
PIECES = [
    *MEANT,
    *"ab1 \n\t\r",
    "\u0645",
    "\u064e",
    "\u0915",
    "\u094d",
    "\u093e",
    "\u0e01",
    "\u0e34",
    "\u1100",
    "\u1161",
    "葛",
]
PIECES += ["❤", "👩", "🏴", "\U0001f3ff", "\U000e0067", "\U000e007f", "\U000e0101", "\u0301", "\x00", "\x1b", "\u202e"]
"""What joiners, selectors and marks stand beside."""
TRAPS = [hostile for hostile, _ in HOSTILE.values()] + FAMILIES + list(AS_WRITTEN.values())
traps = st.lists(st.sampled_from(TRAPS), max_size=8).map("".join)
pieces = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
untrusted = pieces | anything | traps | st.tuples(anything, traps, anything).map("".join)
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
        if HIDDEN.match(char):
            assert char in MEANT or "\U000e0020" <= char <= "\U000e01ef", "a character of no width"
            assert at > 0, "a joiner with nothing before it"
    stacked = 0
    for char in any_number_of(shown):
        timestamps = unicodedata.category(char) in ("Mn", "Me") and not HIDDEN.match(char)
        stacked = stacked + 1 if timestamps else stacked if HIDDEN.match(char) else 0
        assert stacked <= 4, "marks paint over the rows around them"
    shown.encode("utf-8")


@many
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_is_left_alone(text: str) -> None:
    assert clean(text) == text
    assert clean_line(text) == text


@pytest.mark.parametrize("text", AS_WRITTEN.values(), ids=AS_WRITTEN.keys())
def test_text_is_shown_as_its_script_writes_it(text: str) -> None:
    assert clean(text) == text
    assert clean(f"{text}\n{text}") == f"{text}\n{text}"
    assert clean_line(f" {text} ") == f" {text} "


def test_marks_of_every_script_are_capped() -> None:
    timestamps = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) in ("Mn", "Me")]
    capped = [mark for mark in timestamps if not HIDDEN.match(mark)]
    assert len(capped) > 1500
    for mark in some(capped):
        assert clean("x" + mark * 40) == "x" + mark * 4, f"U+{ord(mark):04X}"
    spacing = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) == "Mc"]
    assert len(spacing) > 400
    for mark in some(spacing):
        assert clean("x" + mark * 40) == "x" + mark * 8, f"U+{ord(mark):04X}"


@many
@given(pieces | traps)
def test_lines_are_cleaned_alike_alone_and_together(text: str) -> None:
    lines = text.replace("\r\n", "\n").split("\n")
    assert clean(text) == "\n".join(map(clean, lines))


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
        "\u0628\u200d\u064e",
        "\u0915\u093e\u0301\u093e\u0301",
        "\u1100",
        "\U000e0041",
        "\ufe0f",
        "🇨",
        "हिन्दी में ",
        "می\u200cخواهم ",
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
