"""Where in a session's file the damage is that a reader complains of."""

from __future__ import annotations

import re

_AT = re.compile(r"\(at line (\d+), column \d+\)")
_NTH = re.compile(r"\[\[(\w+)\]\] (\d+)(?:: | is not a table)")
_CUT = "the file is cut"
# Texts first, so that what looks like a header in an answer is none.
_HEADER = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^']|'(?!''))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*'''
    r"|^[ \t]*\[\[?(?P<name>\w+)\]",
    re.MULTILINE | re.DOTALL,
)


def line_of(text: str, reason: str) -> int | None:
    """The line, from 1, that a reason is about why a session's file cannot be read; None where it is about no line."""
    if found := _AT.search(reason):
        return int(found[1])
    if "(at end of document)" in reason:
        return text.count("\n") + 1
    if found := _NTH.search(reason):
        return _line_of_header(text, found[1], int(found[2]))
    if _CUT in reason.lower():
        return _line_of_header(text, "end", 1) or text.count("\n") + 1
    return None


def _line_of_header(text: str, name: str, number: int) -> int | None:
    headers = [found.start("name") for found in _HEADER.finditer(text) if found["name"] == name]
    return text.count("\n", 0, headers[number - 1]) + 1 if number <= len(headers) else None
