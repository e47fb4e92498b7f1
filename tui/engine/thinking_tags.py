"""Thinking that a server leaves in the answer's text, between tags or in a channel of its own.

`docs/servers.md` has the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum, auto
from itertools import islice

from tui.core.requests.events import Delta, Kind, ThinkingFound

TAGS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
)
"""What opens and closes thinking in the templates of models."""
_CHANNELS = ("<|channel|>", "<|start|>")
"""How text in the harmony format begins."""
_OPENINGS = (*(opening for opening, _ in TAGS), *_CHANNELS)
_MARKER_NAMES = ("start", "channel", "message", "end", "return", "call", "constrain")
_MARKERS = tuple(f"<|{name}|>" for name in _MARKER_NAMES)
_MARKER = re.compile(rf"<\|({'|'.join(_MARKER_NAMES)})\|>")
_PART_OF_MARKER = re.compile(r"<(?:\|[a-z]{0,10}\|?)?\Z")
_LONGEST_BLANK = 200
"""The most characters of white space after which a tag is still expected."""
_LONGEST_HEADER = 400
"""The most characters of a channel's header."""
_LONGEST_UNOPENED = 400_000
"""The most characters of an answer that are searched for a closing tag that nothing opened."""
_MOST_TAGS = 1000
"""The most closing tags that are looked at: an answer with more of them repeats itself, and has no thinking."""
_ANY_TAG = re.compile("|".join(re.escape(tag) for tags in TAGS for tag in tags))
_NOT_BLANK = re.compile(r"\S")
_QUOTES = tuple("`'\"“”‘’«»")


class _Place(Enum):
    BEGINNING = auto()
    THINKING = auto()
    CHANNELS = auto()
    ANSWER = auto()


class ThinkingTags:
    """Turns tagged answer text into thinking. Only at the beginning: a later tag is part of the answer.

    The tags, and the white space around them, are not the model's text and are dropped. What may be the beginning of a
    tag is held back until more is known, and keeps the instant of its arrival.
    """

    def __init__(self) -> None:
        self._place = _Place.BEGINNING
        self._held: list[Delta] = []
        self._skips_blank = False
        self._closing = ""
        self._body: Kind | None = None
        """The kind of text of the channel's message that is being read; None in a header."""
        self._has_messages = False

    def take(self, delta: Delta) -> Iterator[Delta]:
        """The deltas that are certain after one more piece of text."""
        if delta.kind is not Kind.ANSWER:
            yield from self.rest()
            yield delta
            return
        if self._skips_blank:
            delta = replace(delta, text=delta.text.lstrip())
            if not delta.text:
                return
            self._skips_blank = False
        if self._place is _Place.ANSWER and not self._held:
            yield delta
            return
        self._held.append(delta)
        if self._place is _Place.BEGINNING:
            self._open()
        if self._place is _Place.THINKING:
            yield from self._think()
        elif self._place is _Place.CHANNELS:
            yield from self._sort_channels()
        if self._place is _Place.ANSWER:
            yield from self.rest()

    def rest(self) -> Iterator[Delta]:
        """What is held back, at the end of the text: it is no tag."""
        kind = Kind.REASONING if self._place is _Place.THINKING else self._body or Kind.ANSWER
        if self._has_messages and self._body is None and _may_be_header(self._text):
            self._held = []  # a header that nothing followed
        return self._give([(len(self._text), kind)])

    @property
    def opened(self) -> bool:
        """Whether the answer began with a tag or a channel."""
        return bool(self._closing) or self._has_messages

    @property
    def _text(self) -> str:
        return "".join(delta.text for delta in self._held)

    def _open(self) -> None:
        text = self._text
        bare = text.lstrip()
        for opening, closing in TAGS:
            if bare.startswith(opening):
                self._closing = closing
                self._drop(len(text) - len(bare) + len(opening), _Place.THINKING)
                return
        if bare.startswith(_CHANNELS):
            self._place = _Place.CHANNELS
        elif not any(opening.startswith(bare) for opening in _OPENINGS) or len(text) > _LONGEST_BLANK:
            self._place = _Place.ANSWER

    def _think(self) -> Iterator[Delta]:
        text, closing = self._text, self._closing
        end = text.find(closing)
        if end >= 0:
            yield from self._give([(end, Kind.REASONING)])
            self._drop(len(closing), _Place.ANSWER)
            return
        partial = next(size for size in range(len(closing) - 1, -1, -1) if text.endswith(closing[:size]))
        yield from self._give([(len(text) - partial, Kind.REASONING)])

    def _drop(self, count: int, place: _Place) -> None:
        """Drop the first `count` characters of what is held back, and the white space after them."""
        self._place = place
        text = self._text[count:]
        list(self._give([(count + len(text) - len(text.lstrip()), None)]))
        self._skips_blank = not self._held

    def _sort_channels(self) -> Iterator[Delta]:
        """Sort the held text by the channels that its markers name; what may become a marker or a header stays held."""
        text, at = self._text, 0
        pieces: list[tuple[int, Kind | None]] = []
        for marker in _MARKER.finditer(text):
            if self._body is not None:
                pieces.append((marker.start() - at, self._body))
                at, self._body = marker.start(), None
            elif not _may_be_header(text[at : marker.end() - 1]):
                break
            if marker[1] == "message":
                self._body, self._has_messages = _channel_kind(text[at : marker.start()]), True
                pieces.append((marker.end() - at, None))
                at = marker.end()
            elif marker[1] in ("end", "return", "call"):
                pieces.append((marker.end() - at, None))
                at = marker.end()
        left = text[at:]
        if self._body is not None:
            partial = _PART_OF_MARKER.search(left)
            pieces.append((partial.start() if partial else len(left), self._body))
        elif not _may_be_header(left):
            # Text outside of a message is part of the answer, and nothing after it is taken for a marker.
            self._place = _Place.ANSWER
        yield from self._give(pieces)

    def _give(self, pieces: Sequence[tuple[int, Kind | None]]) -> Iterator[Delta]:
        """Release pieces of the held text, by length and kind, with their own instants; those without a kind go."""
        held, number, begin = self._held, 0, 0
        given: list[Delta] = []
        for count, kind in pieces:
            while count > 0:
                first = held[number]
                text = first.text[begin : begin + count]
                count -= len(text)
                begin += len(text)
                if begin == len(first.text):
                    number, begin = number + 1, 0
                if kind is not None:
                    given.append(replace(first, kind=kind, text=text))
        self._held = held[number:]
        if begin:
            self._held[0] = replace(self._held[0], text=self._held[0].text[begin:])
        return iter(given)


def _channel_kind(header: str) -> Kind:
    """The kind of text after this header of the harmony format."""
    channel = header.rpartition("<|channel|>")[2] if "<|channel|>" in header else ""
    if channel.startswith("analysis"):
        return Kind.REASONING
    return Kind.TOOL if channel.startswith("commentary") and " to=" in header else Kind.ANSWER


def _may_be_header(text: str) -> bool:
    """Whether text outside of a message is a header, or may become one."""
    bare = text.lstrip()
    begins = bare.startswith(_MARKERS) or any(marker.startswith(bare) for marker in _MARKERS)
    return begins and len(text) <= _LONGEST_HEADER


class UnopenedThinking:
    """Finds thinking that has only a closing tag, because the prompt's template opened it.

    It is given the deltas as they are emitted, and asked at the end: while an answer streams, nobody can know.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._chars = 0
        self._open = True

    def take(self, delta: Delta) -> None:
        """Take in one more piece of text. Only the beginning of an answer can turn out to be thinking, and only where
        the server sends no thinking of its own."""
        if self._open:
            self._chars += len(delta.text)
            self._open = delta.kind is Kind.ANSWER and self._chars <= _LONGEST_UNOPENED
            if self._open:
                self._texts.append(delta.text)
        if delta.kind is Kind.REASONING:
            self._texts.clear()

    def found(self, request: str) -> ThinkingFound | None:
        """Where the thinking ends and the answer begins; None without such a tag."""
        text = "".join(self._texts)
        fences = last = 0
        for tag in islice(_ANY_TAG.finditer(text), _MOST_TAGS):
            if "/" not in tag[0]:
                return None
            fences += text.count("```", last, tag.start())
            if fences % 2 == 0 and _closes(text, tag, last):
                answer = len(text) - len(text[tag.end() :].lstrip())
                end, chunks = 0, 0
                for part in self._texts:
                    end += len(part)
                    if end > answer:
                        break
                    chunks += 1
                return ThinkingFound(request, chunks, tag.start(), answer)
            last = tag.start()
        return None


def _closes(text: str, tag: re.Match[str], last: int) -> bool:
    """Whether a tag closes the text before it, or is only mentioned. `last` is where the tag before it begins, or 0.

    Nothing before `last` or after the next tag is looked at, so that all tags together cost one pass over the text.
    """
    start, end = tag.span()
    if text.endswith(_QUOTES, 0, start) or text.startswith(_QUOTES, end):
        return False
    begins_line = not text[max(text.rfind("\n", last, start) + 1, last) : start].strip()
    follows = _NOT_BLANK.search(text, end)
    if follows is None:
        return begins_line
    ends_line = text.find("\n", end, follows.start()) >= 0
    glued = follows.start() == end and text[end] not in ".,;:!?)"
    return begins_line or ends_line or glued
