"""Finds answers that repeat themselves.

What counts is a phrase that follows itself, word for word, again and again. People hardly ever write that: in
Wikitext-103 two of ten thousand sentences repeat the one before (Xu et al., "Learning to Break the Loop", 2022). A
refrain is none, because verses stand between. Servers that end such answers look for three copies or more of up to some
hundred tokens (vLLM's repetition detection is given such limits); so does this, and for a least length, so that a
chorus passes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from string import digits

LEAST_COPIES = 4
"""Copies of a phrase, one after the other, that make a loop; of a long phrase, three."""
LEAST_WORDS = 24
"""The fewest words of all copies together."""
LONG_PHRASE = 30
"""The fewest words of a long phrase."""
LONGEST_PHRASE = 300
"""The most words of a phrase that is looked for."""
LEAST_COPIES_OF_SIGNS = 10
"""Copies of a phrase without a word of two letters: figures and signs repeat themselves in tables and patterns."""
LEAST_CHARS = 300
"""The fewest characters of all copies of the same few characters, without regard to words: `| | |`, line feeds."""
LEAST_COPIES_OF_CHARS = 20
"""And the fewest copies."""
LONGEST_CHARS = 60
"""The most characters of these."""
LOOKED_AT = 30_000
"""Characters of an answer that are looked at, from its end: a loop goes on until the tokens are used up."""
CHARS_LOOKED_AT = 1_500
"""The same for loops of a few characters, which take longer to find."""

_FENCE = re.compile(r"^[ \t]*```.*?(?:^[ \t]*```[ \t]*$)", re.DOTALL | re.MULTILINE)
_LIST_NUMBER = re.compile(r"^[ \t]*\d+[.)][ \t]", re.MULTILINE)
_CHARS = re.compile(rf"(.{{1,{LONGEST_CHARS}}}?)\1{{{LEAST_COPIES_OF_CHARS - 1},}}", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2}")
_LETTERS = re.compile(r"\w+")
_MARKS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
"""What is between words in ASCII, each as a space: that way they are found in a fifth of the time."""
_NO_SPACES = re.compile("[\u0e00-\u1aff\u2e80-\U0003ffff]")
"""Emoji, and scripts that may be written without spaces."""
_PIECE = LEAST_WORDS // LEAST_COPIES
_CHARS_PIECE = 20
_CHARS_STEP = LEAST_CHARS - 2 * _CHARS_PIECE
_EMOJI = "\U0001f000"


@dataclass(frozen=True, slots=True)
class Loop:
    """A phrase that an answer repeats."""

    phrase: str
    copies: int


def find_loop(answer: str, asked: str = "", *, ended_by_itself: bool = True) -> Loop | None:
    """The first phrase that repeats itself; None where none does. `asked` is the prompt.

    Code whose block was closed is passed over: tables of zeros and repeated lines are what code is made of, and a
    model that closes its block is in no loop. A phrase that the prompt has does not count if the model stopped
    repeating it by itself: it was asked to.
    """
    text = answer[-LOOKED_AT:]
    # What is looked for first is found in a tenth of the time.
    text = _FENCE.sub("\n", text) if "```" in text else text
    text = _LIST_NUMBER.sub("", text) if any(map(text.__contains__, digits)) or not text.isascii() else text
    given = " ".join(asked.split()).casefold() if ended_by_itself else ""
    found = _of_words(text)
    if found is not None:
        return None if found.phrase.casefold() in given else found
    return _of_chars(text[-CHARS_LOOKED_AT:])


def _of_words(text: str) -> Loop | None:
    if (text.isascii() or _NO_SPACES.search(text) is None) and not _recurs(_letters(text)):
        return None
    from tui.core.text.diff import words

    spans = [(first, end) for first, end in words(text) if text[first].isalnum() or text[first] >= _EMOJI]
    # Case is ignored: a sentence may begin with a small letter in its next copy.
    encoded = _encoded([text[first:end].casefold() for first, end in spans])
    if not _recurs(encoded):
        return None
    for match in _repeats().finditer(encoded):
        size = len(next(unit for unit in match.groups() if unit))
        copies, begin = len(match[0]) // size, match.start()
        phrase = " ".join(text[spans[begin][0] : spans[begin + size - 1][1]].split())
        if _WORD.search(phrase) is not None or phrase[0] >= "\u2e80" or copies >= LEAST_COPIES_OF_SIGNS:
            return Loop(phrase, copies)
    return None


def _of_chars(text: str) -> Loop | None:
    # One of the pieces looked at lies in the loop, which has it again and again, if only in every second copy.
    pieces = (text[at : at + _CHARS_PIECE] for at in range(0, len(text), _CHARS_STEP))
    if not any(text.count(piece) >= LEAST_COPIES_OF_CHARS // 3 for piece in pieces):
        return None
    for match in _CHARS.finditer(text):
        if len(match[0]) >= LEAST_CHARS:
            return Loop(match[1].strip() or "white space", len(match[0]) // len(match[1]))
    return None


def _letters(text: str) -> list[str]:
    """The words of a text, without the marks between them."""
    return text.casefold().translate(_MARKS).split() if text.isascii() else _LETTERS.findall(text.casefold())


def _encoded(found: Sequence[str]) -> str:
    """A character for each word, the same for the same word."""
    numbers = dict(zip(dict.fromkeys(found), map(chr, count()), strict=False))
    return "".join(map(numbers.__getitem__, found))


def _recurs(found: Sequence[str]) -> bool:
    """Whether there may be a loop of words. Of nearly all answers it is quickly said that there is none.

    Of the pieces of `_PIECE` words, one beginning at each word, a loop repeats all but its first ones.
    """
    pieces = max(len(found) - _PIECE + 1, 0)
    different = set(zip(*(found[first : first + pieces] for first in range(_PIECE)), strict=True))
    return pieces - len(different) > LEAST_WORDS - 2 * _PIECE


@cache
def _repeats() -> re.Pattern[str]:
    """Repeats of a unit, where each character stands for a word: the shorter the unit, the more copies."""
    short = {size: -(-LEAST_WORDS // size) for size in range(1, LEAST_WORDS // LEAST_COPIES)}
    parts = [f"(.{{{size}}})\\{group}{{{copies - 1},}}" for group, (size, copies) in enumerate(short.items(), 1)]
    middle, long = len(parts) + 1, len(parts) + 2
    parts.append(f"(.{{{LEAST_WORDS // LEAST_COPIES},{LONG_PHRASE - 1}}}?)\\{middle}{{{LEAST_COPIES - 1},}}")
    parts.append(f"(.{{{LONG_PHRASE},{LONGEST_PHRASE}}}?)\\{long}{{{LEAST_COPIES - 2},}}")
    return re.compile("|".join(parts), re.DOTALL)
