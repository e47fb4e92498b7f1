"""The one gate between text from outside and anything shown, copied or printed.

Works code point by code point, so it does not matter where a stream was cut, as long as whole lines are cleaned:
a surrogate pair, a CRLF, a run of combining marks or a joined emoji split over two chunks must be joined first.

What is sent or stored is never cleaned.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

MAX_COMBINING = 4
"""Combining marks kept on one base character; more of them paint over the neighbouring rows."""
MAX_MARKS = 8
"""Marks of all kinds kept on one base character, those included that take room of their own (Burmese needs six)."""
MAX_IN_A_ROW = 8
"""Characters kept in a row that otherwise join to one: first parts of Hangul syllables, skin tones, Arabic signs."""

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
# Direction overrides, joiners, fillers, separators, selectors, annotations, noncharacters, tags: they change what is
# seen without being seen.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE_END = f"[{_INVISIBLE}]+\\Z"
HIDDEN = re.compile(f"[{_CONTROL}{_INVISIBLE}]")
"""A character that controls, or changes what is seen without being seen; LF and TAB are none."""

_HIDDEN_BUT_NUL = f"[{_CONTROL[1:]}{_INVISIBLE}]".replace("[-", "[\x01-")
_SURROGATE = "\ud800-\udfff"
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

# Scripts whose letters change their form with their neighbours, without most of their punctuation: Arabic, Syriac,
# N'Ko, Mandaic; those of India with Sinhala, Khmer, Mongolian and others of their kind; Manichaean to Sogdian, Adlam.
_FORMING = (
    "\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u06dc\u06df-\u06ff\u0710-\u07f5\u0840-\u085b\u0860-\u088e\u0898-\u08e1"
    "\u08e3-\u0963\u0966-\u0df3\u0f00-\u109f\u1780-\u17b3\u17b6-\u17d3\u17e0-\u17e9\u1807-\u180a\u1810-\u18aa\u1a00-\u1c4f\u1cd0-\u1cff\ua800-\ua8fd"
    "\ua900-\uaa5f\uaa60-\uaaef\uabc0-\uabff\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc\U00010a00-\U00010aff"
    "\U00010d00-\U00010d3f\U00010f00-\U00010fff\U00011000-\U00011fff\U0001e900-\U0001e95f"
)
# Thai, Lao, Burmese and Khmer write no spaces; where a line may be broken, a space without width says so.
_UNSPACED = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff\u1950-\u19ff\u1a20-\u1aad\ua9e0-\ua9ff\uaa60-\uaadf"
_IDEOGRAPH = (
    "\u1000-\u109f\u3001\u3002\u3400-\u9fff\ua840-\ua877\uaa60-\uaa7f\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
)
_EMOJI = "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_SKIN = "\U0001f3fb-\U0001f3ff"
_PART = f"[{_EMOJI}][\ufe0e\ufe0f]?[{_SKIN}]?"
_TOO_LONG = f"({_PART}(?:\u200d{_PART}){{3}})\u200d"
"""Emoji joined to one with a further joiner: there is none of more than four."""
_MEANT = (
    "([\u180b-\u180d\u180f\u200b-\u200d\ufe00-\ufe02\ufe0e\ufe0f\U000e0030-\U000e0039\U000e0061-\U000e007a"
    "\U000e0100-\U000e01ef](?:"
    # A joiner beside a letter that it forms, and with something to see on either side of it.
    f"(?<=[{_FORMING}][\u200c\u200d])(?![{_CONTROL}{_INVISIBLE}])"
    f"|(?<=[^\\s{_CONTROL}{_INVISIBLE}][\u200c\u200d])(?=[{_FORMING}])"
    # A joiner between two emoji, each with its selector and its skin.
    f"|(?:(?<=[{_EMOJI}]\u200d)|(?<=[{_EMOJI}][\ufe0e\ufe0f{_SKIN}]\u200d)"
    f"|(?<=[{_EMOJI}][\ufe0e\ufe0f][{_SKIN}]\u200d))(?=[{_EMOJI}])"
    f"|(?<=[0-9#*{_EMOJI}][\ufe0e\ufe0f])"
    f"|(?<=[{_IDEOGRAPH}][\ufe00-\ufe02\U000e0100-\U000e01ef])"
    "|(?<=[\u1820-\u18aa][\u180b-\u180d\u180f])"
    f"|(?<=[{_UNSPACED}]\u200b)(?=[{_UNSPACED}])"
    # The flag of a part of a country.
    "|(?<=\U0001f3f4[\U000e0061-\U000e007a])[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,5}\U000e007f"
    "))"
)
"""Hidden characters that are meant to be where they are."""

_JOINS_BEFORE = "\u1161-\u11ff\ud7b0-\ud7fb"
"""Vowels and ends of Hangul syllables: what they are in is one cell, as if they were marks."""
_JOINS_AFTER = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u1100-\u115e\ua960-\ua97c\U000110bd\U000110cd"
_MARKS_FROM = (
    (0x300, 0x36F), (0x483, 0x489), (0x591, 0x1DFF), (0x20D0, 0x20FF), (0x2CEF, 0x2DFF), (0x302A, 0x309A),
    (0xA66F, 0xABFF), (0xFB1E, 0xFB1E), (0xFE20, 0xFE2F), (0x101FD, 0x11FFF), (0x13430, 0x1345F), (0x16100, 0x16FFF),
    (0x1BC00, 0x1BCFF), (0x1CF00, 0x1D24F), (0x1DA00, 0x1E95F),
)  # fmt: skip
"""Where marks are, so that text without any of it is not looked at for them."""
_MAY_STACK = f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in _MARKS_FROM)}\ua960-\ua97c\ud7b0-\ud7fb{_SKIN}]"
_IN_A_ROW = f"([{_JOINS_AFTER}{_SKIN}]{{{MAX_IN_A_ROW}}})[{_JOINS_AFTER}{_SKIN}]+"
_TIES = "\u200c\u200d"
_LONGEST_RUN = 64
"""Marks in a row that are looked at one by one; what is beyond is left out."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when it is needed first: the first frame need not wait for it."""
    return re.compile(pattern)


def _spelling(point: int) -> str:
    if point < 0x20:
        return chr(0x2400 + point)
    return "\u2421" if point == 0x7F else f"<U+{point:04X}>"


def join_surrogates(text: str) -> str:
    """Join surrogate pairs into the character they mean; a surrogate alone becomes U+FFFD.

    Two streamed chunks can carry half a character each, which no file or terminal accepts.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return text
    joined = _PAIR.sub(lambda pair: pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return re.sub(f"[{_SURROGATE}]", "\ufffd", joined)


def without_escapes(text: str) -> str:
    """The text without the sequences that colour a terminal and move its cursor. It is to be cleaned all the same."""
    return _ESCAPE.sub("", text)


def clean(text: str) -> str:
    """Make text from outside safe to show: control characters become pictures, hidden ones are spelled out.

    Line feeds and tabs stay, CRLF becomes a line feed. Joiners, selectors and tags stay where a script or an emoji
    needs them. More marks on one character than a script has are left out. Cleaning twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    # One pass over the text for each rule, and no call for each character found: hostile text is the long one.
    return spell_hidden(_unstacked(join_surrogates(text.replace("\r\n", "\n"))), _spelling)


def clean_line(text: str, limit: int | None = None) -> str:
    """`clean()` for a name or a title: one line, at most `limit` characters, the cut marked with an ellipsis."""
    line = clean(text).replace("\n", "\u240a").replace("\t", " ")
    if limit is None or len(line) <= limit:
        return line
    kept = line[: max(limit - 1, 0)]
    # No joiner or tag is left whose other side is cut off.
    return (kept if kept.isascii() else _compiled(_INVISIBLE_END).sub("", kept)) + "…"


def spell_hidden(text: str, spelling: Callable[[int], str]) -> str:
    """The text with hidden characters spelled out from their code points, but for those that are meant to be there."""
    if not HIDDEN.search(text):
        return text
    text = text.replace("\x00", spelling(0))
    if "\u200d" in text:
        text = _compiled(_TOO_LONG).sub(lambda emoji: emoji[1] + spelling(0x200D), text)
    parts = _compiled(_MEANT).split(text)
    # What is between is spelled in one piece, parted by a character that does not occur.
    between = "\x00".join(parts[::2])
    if len(parts) > 1 and not _compiled(_HIDDEN_BUT_NUL).search(between):
        return text
    parts[::2] = between.translate(_spellings(spelling)).split("\x00")
    return "".join(parts)


@cache
def _spellings(spelling: Callable[[int], str]) -> dict[int, str]:
    """All hidden characters but NUL, spelled out."""
    ranges = re.findall("(.)(?:-(.))?", _CONTROL + _INVISIBLE, re.DOTALL)
    points = (point for first, last in ranges for point in range(ord(first), ord(last or first) + 1))
    return {point: spelling(point) for point in points if point}


def _unstacked(text: str) -> str:
    """The text without what is too much on one character."""
    if not _compiled(_MAY_STACK).search(text):
        return text
    return _compiled(_IN_A_ROW).sub(r"\1", _stacks().sub(lambda run: _fewer(run[0]), text))


@cache
def _stacks() -> re.Pattern[str]:
    """More marks in a row than need no second look, ties between them included. Marks are what this Python knows."""
    stacked = f"[{marks()}{_JOINS_BEFORE}][{marks()}{_JOINS_BEFORE}{_TIES}]{{{MAX_COMBINING},}}"
    return re.compile(stacked)


@cache
def marks() -> str:
    """Accents, vowel signs and other marks that can be seen, of all scripts, for a class of a regular expression."""
    kinds = {"Mn", "Me", "Mc"}
    found = [char for first, last in _MARKS_FROM for char in map(chr, range(first, last + 1))]
    return _class([char for char in found if unicodedata.category(char) in kinds and not HIDDEN.match(char)])


def _class(chars: list[str]) -> str:
    """The characters as ranges of a regular expression."""
    ranges: list[list[str]] = []
    for char in sorted(chars):
        if ranges and ord(char) == ord(ranges[-1][1]) + 1:
            ranges[-1][1] = char
        else:
            ranges.append([char, char])
    return "".join(f"{first}-{last}" for first, last in ranges)


@lru_cache(maxsize=4096)
def _fewer(run: str) -> str:
    """As many marks of a character as are kept, and what ties them."""
    kept: list[str] = []
    stacked = taken = 0
    tie = ""
    for char in run[:_LONGEST_RUN]:
        if char in _TIES:
            tie += char
            continue
        spacing = unicodedata.category(char) == "Mc"
        if taken < MAX_MARKS and (spacing or stacked < MAX_COMBINING):
            kept.append(tie + char)
            taken += 1
            stacked += not spacing
        tie = ""
    return "".join(kept) + (tie if len(run) <= _LONGEST_RUN else "")
