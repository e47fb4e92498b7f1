"""Thinking that a server leaves in the text of the answer, between `<think>` and `</think>`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, auto

from tui.core.events import Delta, Kind

OPEN, CLOSE = "<think>", "</think>"
_LONGEST_BLANK = 200
"""Characters of white space after which no tag is waited for any more."""


class _Place(Enum):
    BEGINNING = auto()
    THINKING = auto()
    ANSWER = auto()


class ThinkingTags:
    """Turns tagged answer text into thinking. Only at the beginning: later on, a tag is part of what is said.

    The tags, and the white space around them, are no text of the model's and are dropped. What might be the beginning
    of a tag is held back until more is known, and keeps the instant at which it came.
    """

    def __init__(self) -> None:
        self._place = _Place.BEGINNING
        self._held: list[Delta] = []
        self._skips_blank = False

    def take(self, delta: Delta) -> Iterator[Delta]:
        """What is certain after one more piece of text."""
        if delta.kind is not Kind.ANSWER:
            yield from self.rest()
            yield delta
            return
        if self._skips_blank:
            delta = replace(delta, text=delta.text.lstrip())
            if not delta.text:
                return
            self._skips_blank = False
        self._held.append(delta)
        if self._place is _Place.BEGINNING:
            self._open()
        if self._place is _Place.THINKING:
            yield from self._think()
        if self._place is _Place.ANSWER:
            yield from self.rest()

    def rest(self) -> Iterator[Delta]:
        """What is held back, for nothing more is to come that could make it a tag."""
        return self._give(len(self._text), Kind.REASONING if self._place is _Place.THINKING else Kind.ANSWER)

    @property
    def _text(self) -> str:
        return "".join(delta.text for delta in self._held)

    def _open(self) -> None:
        text = self._text
        bare = text.lstrip()
        if bare.startswith(OPEN):
            self._pass_tag(len(text) - len(bare) + len(OPEN), _Place.THINKING)
        elif not OPEN.startswith(bare) or len(text) > _LONGEST_BLANK:
            self._place = _Place.ANSWER

    def _think(self) -> Iterator[Delta]:
        text = self._text
        end = text.find(CLOSE)
        if end >= 0:
            yield from self._give(end, Kind.REASONING)
            self._pass_tag(len(CLOSE), _Place.ANSWER)
            return
        partial = next(size for size in range(len(CLOSE) - 1, -1, -1) if text.endswith(CLOSE[:size]))
        yield from self._give(len(text) - partial, Kind.REASONING)

    def _pass_tag(self, count: int, place: _Place) -> None:
        """Drop the first `count` characters of what is held, and the white space that follows them."""
        self._place = place
        text = self._text[count:]
        for _ in self._give(count + len(text) - len(text.lstrip()), Kind.ANSWER):
            pass
        self._skips_blank = not self._held

    def _give(self, count: int, kind: Kind) -> Iterator[Delta]:
        """Take the first `count` characters out of what is held, in pieces with their own instants."""
        while count > 0:
            first = self._held.pop(0)
            text, left = first.text[:count], first.text[count:]
            if left:
                self._held.insert(0, replace(first, text=left))
            count -= len(text)
            yield replace(first, kind=kind, text=text)
