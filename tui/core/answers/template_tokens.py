"""Finds marks of a chat template in an answer: tokens that begin and end turns, which no reader should meet.

They are there where a server's template does not fit the model, or does not stop at its end of turn.
"""

from __future__ import annotations

import re

LOOKED_AT = 200_000
"""Characters that are looked at, from the end of an answer: what leaks does so where a turn ends."""

_NAMES = (
    # What is written so in no other text. ChatML, Llama 3, Phi, Granite, Command R, harmony and others: `<|name|>`.
    r"<\|[A-Za-z][\w ]{0,38}\|>",
    # DeepSeek writes the same with wide bars.
    r"<｜[^｜<>\n]{1,40}｜>",
    # Llama 2 and Mistral.
    r"\[/?INST\]",
    r"<</?SYS>>",
    r"\[/?(?:TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|SYSTEM_PROMPT)\]",
    # Gemma.
    r"</?(?:start|end)_of_turn>",
    # Thinking that was not taken out of the answer: the opening that nothing closes, the closing that nothing opened.
    r"</?(?:think|thinking|seed:think)>",
    r"\[/?THINK\]",
    r"◁/?think▷",
)
_AT_THE_END = (r"</?s>", r"<(?:eos|bos|pad|unk)>")
"""These are tags of HTML or words of a lesson elsewhere; at the very end of an answer they are leaked."""

_TOKEN = re.compile("|".join(_NAMES))
_LAST = re.compile(f"(?:{'|'.join((*_NAMES, *_AT_THE_END))})\\Z")
_LONGEST = 60
"""More characters than a mark has."""
_CODE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)|(`+)(?!`)[^\n]{1,400}?(?<!`)\2(?!`)", re.DOTALL | re.MULTILINE)
_QUOTES = tuple("'\"“”‘’«»„")


def leaked_tokens(answer: str, asked: str = "") -> tuple[str, ...]:
    """The marks of a template in an answer, each once, in their order.

    Those in code or between quotes are written about, and are no leak unless the answer ends in them. Where the prompt
    has such a mark, it asks about them, and only those at the end count.
    """
    text, last = _without_the_last(answer[-LOOKED_AT:].rstrip())
    found = []
    if _TOKEN.search(text) is not None and _TOKEN.search(asked) is None:
        code = [match.span() for match in _CODE.finditer(text)]
        for match in _TOKEN.finditer(text):
            first, end = match.span()
            quoted = text.startswith(_QUOTES, end) and text.endswith(_QUOTES, 0, first)
            if not quoted and not any(begin <= first < stop for begin, stop in code):
                found.append(match[0])
    return tuple(dict.fromkeys([*found, *last]))


def _without_the_last(text: str) -> tuple[str, list[str]]:
    """The text without the marks that it ends in, and these."""
    last: list[str] = []
    end = len(text)
    while (match := _LAST.search(text, max(end - _LONGEST, 0), end)) is not None:
        last.insert(0, match[0])
        end = match.start()
        while end and text[end - 1].isspace():
            end -= 1
    return text[:end], last
