"""Words as a search takes them, in a text and in what is looked for.

Letters, digits, marks and the joiners between them make words. Scripts that put no spaces between words are taken
letter by letter, so that any letters that follow one another are found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from tui.core.text.clean import join_surrogates, marks

JOINERS = "\u200c\u200d"
# Thai, Lao, Tibetan, Burmese, Khmer, Tai Le to Tai Tham; kana and Chinese characters.
_UNSPACED = (
    "\u0e01-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aad\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_SHOWN = 60
"""Characters of an extract before and behind what was found, at the least."""


def spaced(text: str) -> str:
    """The text as the index takes it: in composed characters, letters of scripts without spaces apart, and no joiner
    but between two letters."""
    if text.isascii():
        return text
    text = _compiled(f"([{_UNSPACED}])").sub(r" \1 ", composed(text))
    if not any(joiner in text for joiner in JOINERS):
        return text
    inside = _inside()
    return _compiled(f"(?<![{inside}])[{JOINERS}]|[{JOINERS}](?![{inside}])").sub(" ", text)


def composed(text: str) -> str:
    """The text in composed characters (NFC), with surrogates joined: letters that look alike are alike."""
    return text if text.isascii() else unicodedata.normalize("NFC", join_surrogates(text))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that is looked for: words that follow one another, the last of which may be the beginning of one."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]
    """Finds it in a composed text, within words too."""

    def find(self, text: str) -> re.Match[str] | None:
        """The first place of it in a composed text that begins where a word does."""
        start = 0
        # The letters are looked for first, which is quick, and only then what stands before them.
        while place := self.pattern.search(text, start):
            if _is_unspaced(self.words[0]) or _word_begins().match(text, place.start()):
                return place
            start = place.start() + 1
        return None


def wanted(text: str) -> list[Wanted]:
    """What is looked for: each part of the text that stands between spaces. What holds no word is left out."""
    found = []
    for part in composed(text).split():
        words = tuple(_words(part))
        if words:
            found.append(Wanted(words, _pattern(words)))
    return found


@dataclass(frozen=True, slots=True)
class Extract:
    """A piece of a text around what was found, in one line, raw."""

    before: str
    found: str
    after: str

    def within(self, room: int) -> Extract:
        """The same in at most so many characters, or as many as what was found takes: cut on both sides alike."""
        left = max(0, room - len(self.found))
        before = min(len(self.before), max(left // 2, left - len(self.after)))
        return Extract(_tail(self.before, before), self.found, _head(self.after, left - before))

    def __str__(self) -> str:
        return self.before + self.found + self.after


def extract(text: str, sought: Sequence[Wanted], around: int = _SHOWN) -> Extract | None:
    """The first place in a text where something that is looked for stands; None when there is none."""
    text = composed(text)
    places = [place for one in sought if (place := one.find(text))]
    if not places:
        return None
    place = min(places, key=lambda place: place.start())
    start, end = max(0, place.start() - around), min(len(text), place.end() + around)
    before = ("…" if start else "") + _in_line(text[start : place.start()])
    return Extract(before, _in_line(place[0]), _in_line(text[place.end() : end]) + ("…" if end < len(text) else ""))


def _tail(text: str, room: int) -> str:
    return text if len(text) <= room else f"…{text[len(text) - room + 1 :]}" if room else ""


def _head(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…" if room else ""


def _in_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _words(text: str) -> list[str]:
    if text.isascii():
        return re.findall(r"\w+", text)
    return _compiled(f"[{_inside()}{JOINERS}]+").findall(spaced(text))


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    inside = _inside()
    goes_on = f"(?:(?![{inside}])|(?=[{_UNSPACED}]))"
    between = f"(?:[^{inside}{JOINERS}]|{_ends()}[{JOINERS}]|[{JOINERS}]{goes_on})"
    parts = [re.escape(words[0])]
    for before, word in pairwise(words):
        apart = "*" if _is_unspaced(before) or _is_unspaced(word) else "+"
        parts.append(f"{between}{apart}{re.escape(word)}")
    return re.compile("".join(parts), re.IGNORECASE)


def _ends() -> str:
    """No word goes on here: a letter of a script without spaces ends the one before it, and joins nothing."""
    return f"(?:(?<![{_inside()}])|(?<=[{_UNSPACED}]))"


def _word_begins() -> re.Pattern[str]:
    unjoined = f"(?:(?<![{_inside()}][{JOINERS}])|(?<=[{_UNSPACED}][{JOINERS}]))"
    return _compiled(_ends() + unjoined)


def _is_unspaced(word: str) -> bool:
    return not word.isascii() and _compiled(f"[{_UNSPACED}]").match(word) is not None


@cache
def _inside() -> str:
    """What words are made of besides joiners, for a class of a regular expression."""
    return rf"\w{marks()}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
