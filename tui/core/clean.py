"""The one gate between text from outside and anything shown, copied or printed.

Works code point by code point, so it does not matter where a stream was cut, as long as whole lines are cleaned:
a surrogate pair, a CRLF or a run of combining marks split over two chunks must be joined first.
"""

from __future__ import annotations

import re

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
_SUSPECT = re.compile(f"\r\n|[{_CONTROL}{_INVISIBLE}{_SURROGATE}]|[{_COMBINING}]{{{MAX_COMBINING + 1},}}")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_JOINER = "\u200d"
_EMOJI_PART = re.compile("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")


def join_surrogates(text: str) -> str:
    """Join surrogate pairs into the character they mean; a surrogate alone becomes U+FFFD.

    Two streamed chunks can carry half a character each, which no file or terminal accepts.
    """
    if not re.search(f"[{_SURROGATE}]", text):
        return text
    joined = _PAIR.sub(lambda pair: pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return re.sub(f"[{_SURROGATE}]", "\ufffd", joined)


def clean(text: str) -> str:
    """Make text from outside safe to show: control characters become pictures, hidden ones are spelled out.

    Line feeds and tabs stay, CRLF becomes a line feed. Cleaning twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    return _SUSPECT.sub(_shown, join_surrogates(text))


def clean_line(text: str, limit: int | None = None) -> str:
    """`clean()` for a name or a title: one line, at most `limit` characters, the cut marked with an ellipsis."""
    line = clean(text.replace("\r\n", "\n")).replace("\n", "\u240a").replace("\t", " ")
    return line if limit is None or len(line) <= limit else line[: max(limit - 1, 0)] + "…"


def _shown(match: re.Match[str]) -> str:
    found = match.group()
    if found == "\r\n":
        return "\n"
    if len(found) > 1:
        return found[:MAX_COMBINING]
    point = ord(found)
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "\u2421"
    if found == _JOINER and _joins_emoji(match.string, match.start()):
        return found
    return f"<U+{point:04X}>"


def _joins_emoji(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and bool(_EMOJI_PART.match(text[at - 1]) and _EMOJI_PART.match(text[at + 1]))
