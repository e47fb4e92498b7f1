"""The one gate between text from outside and anything shown, copied or printed.

Works code point by code point, so it does not matter where a stream was cut, as long as whole lines are cleaned:
a surrogate pair, a CRLF or a run of combining marks split over two chunks must be joined first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_COMBINING = 4
"""Combining marks kept on one base character; more of them paint over the neighbouring rows."""

_COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
# Direction overrides, joiners, fillers, separators, annotations, tags: they change what is seen without being seen.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SURROGATE = "\ud800-\udfff"
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
HIDDEN = re.compile(f"[{_CONTROL}{_INVISIBLE}]")
"""A character that controls, or changes what is seen without being seen; LF and TAB are none."""
_LOST_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_STACKED = re.compile(f"([{_COMBINING}]{{{MAX_COMBINING}}})[{_COMBINING}]+")


def _spelling(point: int) -> str:
    if point < 0x20:
        return chr(0x2400 + point)
    return "\u2421" if point == 0x7F else f"<U+{point:04X}>"


def _points(ranges: str) -> Iterator[int]:
    for first, last in re.findall("(.)(?:-(.))?", ranges, re.DOTALL):
        yield from range(ord(first), ord(last or first) + 1)


# The joiner is left out: between the parts of an emoji it stays.
_SPELLINGS = {point: _spelling(point) for point in _points(_CONTROL + _INVISIBLE) if point != 0x200D}


def join_surrogates(text: str) -> str:
    """Join surrogate pairs into the character they mean; a surrogate alone becomes U+FFFD.

    Two streamed chunks can carry half a character each, which no file or terminal accepts.
    """
    if not re.search(f"[{_SURROGATE}]", text):
        return text
    joined = _PAIR.sub(lambda pair: pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return re.sub(f"[{_SURROGATE}]", "\ufffd", joined)


def without_escapes(text: str) -> str:
    """The text without the sequences that colour a terminal and move its cursor. It is to be cleaned all the same."""
    return _ESCAPE.sub("", text)


def clean(text: str) -> str:
    """Make text from outside safe to show: control characters become pictures, hidden ones are spelled out.

    Line feeds and tabs stay, CRLF becomes a line feed. Cleaning twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    # One pass over the text for each rule, and no call for each character found: hostile text is the long one.
    text = join_surrogates(text.replace("\r\n", "\n"))
    text = _STACKED.sub(r"\1", text)
    text = _LOST_JOINER.sub("<U+200D>", text)
    return text.translate(_SPELLINGS) if HIDDEN.search(text) else text


def clean_line(text: str, limit: int | None = None) -> str:
    """`clean()` for a name or a title: one line, at most `limit` characters, the cut marked with an ellipsis."""
    line = clean(text).replace("\n", "\u240a").replace("\t", " ")
    return line if limit is None or len(line) <= limit else line[: max(limit - 1, 0)] + "…"
