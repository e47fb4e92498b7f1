"""The blocks of code in an answer, numbered as a reader counts them: those between fences of ``` or ~~~."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPEN = re.compile(r"(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)")
"""The prefix is of quotes and lists that the block stands in."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """One block of code."""

    number: int
    """Counted from 1."""
    line: int
    """The line of its opening fence, counted from 0."""
    language: str
    """What stands behind the fence; often empty."""
    text: str
    """Its lines, without the indent of the fence."""


def code_blocks(text: str) -> list[CodeBlock]:
    """The blocks of an answer, raw as it was received. One that is not closed reaches to the end; one with
    nothing in it is none."""
    found: list[CodeBlock] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        opened = _OPEN.fullmatch(lines[at])
        if opened is None:
            at += 1
            continue
        fence, begin = opened["fence"], at
        close = re.compile(rf"[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*")
        at += 1
        code = []
        while at < len(lines) and close.fullmatch(lines[at]) is None:
            code.append(_without(opened["prefix"], lines[at]))
            at += 1
        at += 1
        if any(line.strip() for line in code):
            found.append(CodeBlock(len(found) + 1, begin, opened["info"].strip(), "\n".join(code)))
    return found


def _without(prefix: str, line: str) -> str:
    """A line without the signs of the quote or list that it stands in, as far as it has them."""
    quoted = prefix.count(">")
    at = 0
    while at < min(len(prefix), len(line)) and (line[at] in " \t" or (line[at] == ">" and quoted)):
        quoted -= line[at] == ">"
        at += 1
    return line[at:]
