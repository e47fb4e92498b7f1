"""The same picture in fewer bytes.

Textual writes every piece of text with its whole style before it and a reset behind it, moves the cursor from piece to
piece more often than the picture needs, and pads with spaces: most of what it sends while answers stream.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_RESET = "\x1b[0m"
_PARTS = re.compile(r"(\x1b\[[0-9;]*m|\x1b\[\d+(?:;\d+H|G))")
_IN_ROW = re.compile(r"\x1b\[\d+[CG]\Z")
_SPACES = re.compile(r"( {12,})")
"""So many that erasing them and moving on takes fewer bytes."""
_STYLE = re.compile(
    r"(?P<attributes>(?:[1-9];?|2\d;?|5\d;?)*?)"
    r"(?P<fore>(?:3[0-79]|9[0-7]|38;5;\d+|38;2;\d+;\d+;\d+)?);?"
    r"(?P<back>(?:4[0-79]|10[0-7]|48;5;\d+|48;2;\d+;\d+;\d+)?)"
)


_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "7": "27", "9": "29"}
"""What ends an attribute, of those that every terminal ends: 22 ends bold and dim, 24 each kind of underline."""
_ON_TEXT_ALONE = {"1", "2", "3"}
"""Attributes that spaces do not show: bold, dim, italic."""


class _Style(NamedTuple):
    attributes: frozenset[str]
    fore: str
    back: str


_NONE = _Style(frozenset(), "", "")


def with_minimal_escapes(data: str, *, erases: bool) -> str:
    """`data` without styles that are set already, and without moves and line ends that another move follows at once.

    It must begin without a style, and ends without one. What is neither a style nor a move stays where and as it is;
    but with `erases`, for terminals that erase in the background colour, long runs of spaces are erased instead. No
    line end may scroll the screen: none of a frame does.
    """
    if "\x1b[" not in data:
        return data
    made: list[str] = []
    wanted = active = _NONE
    gap = ""
    for at, part in enumerate(_PARTS.split(data)):
        if at % 2:
            if part[-1] == "m":
                wanted = _style(part[2:-1])
            elif part[-1] == "G":
                gap = _IN_ROW.sub("", gap) + part
            else:
                gap = part
        elif part == "\n":
            gap += part
        elif part:
            if "\n" in gap and active != _NONE:
                made.append(_RESET)  # A line that scrolls in would take the colour.
                active = _NONE
            following = wanted if part.strip(" ") else _for_spaces(active, wanted)
            made.append(gap)
            made.append(_change(active, following))
            gap, active = "", following
            if erases and active.attributes <= _ON_TEXT_ALONE:
                *begin, last = _SPACES.split(part)
                made += [text if number % 2 == 0 else _erased(text) for number, text in enumerate(begin)]
                if begin and not last:
                    # The next move makes this one needless.
                    made[-1], gap = f"\x1b[{len(begin[-1])}X", f"\x1b[{len(begin[-1])}C"
                made.append(last)
            else:
                made.append(part)
    made += [gap] if active == _NONE else [gap, _RESET]
    return "".join(made)


def _erased(spaces: str) -> str:
    return f"\x1b[{len(spaces)}X\x1b[{len(spaces)}C"


@lru_cache(maxsize=512)
def _style(numbers: str) -> _Style:
    """What a style sets. Rich writes all that it sets in this order, or a reset."""
    if numbers in ("", "0"):
        return _NONE
    found = _STYLE.fullmatch(numbers)
    if found is None:
        return _Style(frozenset((numbers,)), "", "")
    return _Style(frozenset(filter(None, found["attributes"].split(";"))), found["fore"], found["back"])


def _for_spaces(active: _Style, wanted: _Style) -> _Style:
    """The style for spaces that takes the least to get to: of them only the ground is seen."""
    alike = active.attributes | wanted.attributes <= _ON_TEXT_ALONE and (wanted.back or not active.back)
    return active._replace(back=wanted.back) if alike else wanted


@lru_cache(maxsize=4096)
def _change(old: _Style, new: _Style) -> str:
    """The sequence that changes one style into the other."""
    if old == new:
        return ""
    if new == _NONE:
        return _RESET
    gone = old.attributes - new.attributes
    if not gone <= _OFF.keys() or (old.fore and not new.fore) or (old.back and not new.back):
        codes = ["0" if old != _NONE else "", *sorted(new.attributes), new.fore, new.back]
    else:
        ends = {_OFF[one] for one in gone}
        begun = {one for one in new.attributes if one not in old.attributes or _OFF.get(one) in ends}
        colours = [now for was, now in zip(old[1:], new[1:], strict=True) if now != was]
        codes = [*sorted(ends), *sorted(begun), *colours]
    return f"\x1b[{';'.join(filter(None, codes))}m"
