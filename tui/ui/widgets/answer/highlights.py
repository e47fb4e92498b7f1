"""Places within the rows of an answer: what was searched for, the difference that is looked at."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.style import Style

MATCH, CURRENT = Style(bold=True, underline=True), Style(bold=True, reverse=True)
"""What every place looks like, and the one that is looked at: without any colour, so that it is seen in all of them."""
_UNSPACED_FROM = "\u0e00"
"""From here on scripts are written without spaces, so that rows may end within a word: Thai and what follows."""


class Highlight(NamedTuple):
    """A part of a row."""

    row: int
    start: int
    """Its first character in the row."""
    stop: int
    """The one after its last."""


def pattern_of(words: str) -> re.Pattern[str] | None:
    """What finds these words, in any case and however the rows between them are broken; None when there are none."""
    parts = [_unbroken(word) for word in words.split()]
    return re.compile(r"\s+".join(parts), re.IGNORECASE) if parts else None


def _unbroken(word: str) -> str:
    found = ""
    for before, char in zip(" " + word, word, strict=False):
        breaks = before != " " and max(before, char) >= _UNSPACED_FROM
        found += ("(?:\n *)?" if breaks else "") + re.escape(char)
    return found


def find(rows: Iterable[tuple[str, bool]], pattern: re.Pattern[str]) -> Iterator[tuple[Highlight, ...]]:
    """Where the pattern is in rows, each with whether it goes on with the line of the row above. A place that is
    broken over rows has a part in each of them."""
    texts: list[str] = []
    starts: list[int] = []
    length = 0
    for text, continues in rows:
        gap = "" if continues or not texts else "\n"
        texts.append(gap + text)
        starts.append(length + len(gap))
        length += len(gap) + len(text)
    whole = "".join(texts)
    for match in pattern.finditer(whole):
        yield tuple(_parts(match.start(), match.end(), starts, whole))


def _parts(start: int, stop: int, starts: Sequence[int], whole: str) -> Iterator[Highlight]:
    row = bisect_right(starts, start) - 1
    while row < len(starts) and starts[row] < stop:
        end = starts[row + 1] if row + 1 < len(starts) else len(whole)
        begin, last = max(start, starts[row]), min(stop, end - whole.endswith("\n", starts[row], end))
        if begin > start:
            begin += len(whole[begin:last]) - len(whole[begin:last].lstrip(" "))  # The row's indent is not looked for.
        if begin < last:
            yield Highlight(row, begin - starts[row], last - starts[row])
        row += 1


def paragraphs(rows: Sequence[str]) -> list[int]:
    """The first row of each paragraph: of what stands between empty rows."""
    return [at for at, row in enumerate(rows) if row.strip() and (not at or not rows[at - 1].strip())]
