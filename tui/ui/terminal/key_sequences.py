"""Turns what is read from a terminal into keys: esc and a key after it are two, the keys of one read stay together.

A terminal also sends answers: its colours, its name, the place of its cursor. An answer may come late, when the program
that asked has ended. It is no key.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache

# Textual's public driver takes its parser from here too, and hands it whole reads: the escape key and a letter that
# come in one read are alt and that letter to it, or a character that some keyboards have there.
from textual._xterm_parser import XTermParser
from textual.events import Event, Key, Paste
from textual.message import Message

ESC = "\x1b"
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
_LONGEST = 64
"""Most characters of a sequence; anything longer is none."""
_MOUSE = re.compile(r"\x1b\[(?:<?[-\d;]+[mM]|M[\s\S]{3})")
# Of the sequences that begin with `esc O` those that terminals send without having been asked to.
_WHOLE = re.compile(
    rf"\x1b(?:\[(?:M[\s\S]{{3}}|<[-\d;]{{1,{_LONGEST}}}[mM]|\[[A-E]|(?![M\[])[0-?]{{0,{_LONGEST}}}[ -/]{{0,4}}[@-~])"
    "|O[A-DFHP-Sa-d])"
)
_STRING = re.compile(r"\x1b[]P_^X][^\x00-\x1f\x7f]*(?:\x07|\x1b\\)")
"""An answer that is a string: OSC, DCS, APC, PM, SOS."""
_STRING_BEGUN = re.compile(r"\x1b(?:]\d{1,4};|P[\d;]{0,16}[>$!+|=]|_G)")
"""What can only be an answer, wherever it is cut, and not esc and keys."""
_ANSWER_BEGUN = re.compile(r"\x1b\[(?:[<=>?]|\d+;)[0-?]*[ -/]*")
"""The same for an answer that is a sequence."""
_INSIDE = re.compile(r"[^\x00-\x1f\x7f]*")
_LONGEST_STRING = 65_536
"""Most characters of a string that are left out; what comes after them counts as typed."""
_BEGUN = re.compile(
    rf"\x1b(?:\[(?:M[\s\S]{{0,2}}|<[-\d;]{{0,{_LONGEST}}}|\[|[0-?]{{0,{_LONGEST}}}[ -/]{{0,4}})?|O"
    rf"|[]P_^X][^\x00-\x1f\x7f]{{0,{_LONGEST}}}\x1b?)?\Z"
)


class KeysRead(Event, bubble=False):
    """Keys and pasted texts that came with one read."""

    def __init__(self, keys: Sequence[Key | Paste], *, at_once: bool) -> None:
        """`at_once` says that the read before this one had only just ended."""
        super().__init__()
        self.keys = tuple(keys)
        self.at_once = at_once


class KeyParser:
    """Takes what was read, decoded, and returns it as events. The end of a read may cut a sequence."""

    def __init__(self) -> None:
        self._parser = XTermParser()
        self._begun = ""
        """The beginning of a sequence, or `esc` alone, at the end of the last read."""
        self._pasted: str | None = None
        """The part of a pasted text that has been read; None when none is being pasted."""
        self._string: int | None = None
        """Characters that have been read of an unfinished string; None when none is being read."""

    @property
    def waiting(self) -> bool:
        """Whether a sequence may have been cut. When nothing more comes, `give_up()` returns what it was."""
        return bool(self._begun) or self._string is not None

    @property
    def answered(self) -> bool:
        """Whether what was cut is an answer of the terminal and no key, so that the rest of it may take longer."""
        return self._string is not None or bool(_ANSWER_BEGUN.match(self._begun))

    def take(self, text: str) -> list[Message]:
        """The events of the next read, in order."""
        return list(self._events(text))

    def give_up(self) -> list[Message]:
        """Take what was cut for the escape key and what was typed after it. Of an answer nothing remains."""
        answered, begun = self.answered, self._begun
        self._begun, self._string = "", None
        found: list[Message] = []
        while begun and not answered:
            found += [Key("escape", ESC), *self._events(begun[1:])]
            begun, self._begun = self._begun, ""
        return found

    def _events(self, text: str) -> Iterator[Message]:
        text, self._begun = self._begun + text, ""
        while text:
            if self._pasted is not None:
                text = yield from self._paste(text)
                continue
            if self._string is not None:
                text = self._after_string(text, self._string)
                continue
            plain, esc, _ = text.partition(ESC)
            if plain:
                yield from self._parser.feed(plain)
            text = text[len(plain) :]
            if not esc:
                return
            if (whole := _WHOLE.match(text)) is not None:
                text = text[whole.end() :]
                yield from self._sequence(whole.group())
            elif (string := _STRING.match(text)) is not None:
                text = text[string.end() :]
            elif (string := _STRING_BEGUN.match(text)) is not None:
                self._string, text = 0, text[string.end() :]
            elif _BEGUN.match(text):
                self._begun = text
                return
            elif (answer := _ANSWER_BEGUN.match(text)) is not None:
                text = text[answer.end() :]  # It has been broken off.
            else:
                text = text[1:]
                yield Key("escape", ESC)

    def _sequence(self, sequence: str) -> Iterator[Message]:
        if sequence == _PASTE:
            self._pasted = ""
        elif _MOUSE.fullmatch(sequence) or _means_something(sequence):
            yield from self._parser.feed(sequence)

    def _paste(self, text: str) -> Generator[Message, None, str]:
        # Joined first: the read may have cut the sequence that ends the text.
        pasted, end, rest = ((self._pasted or "") + text).partition(_PASTED)
        if not end:
            self._pasted = pasted
            return ""
        self._pasted = None
        yield Paste(pasted.replace("\0", ""))
        return rest

    def _after_string(self, text: str, before: int) -> str:
        """What comes after a string whose beginning is known. Keys that type nothing, as ctrl+q, end it too."""
        inside = _INSIDE.match(text)
        end = inside.end() if inside else 0
        left = max(_LONGEST_STRING - before, 0)
        if end > left or text[end:] == "":
            self._string = before + end if end <= left else None
            return text[left:]
        if text[end:] == ESC:
            self._string, self._begun = before + end, ESC
            return ""
        self._string = None
        return text[end:].removeprefix("\x07").removeprefix("\x1b\\")


@lru_cache(256)
def _means_something(sequence: str) -> bool:
    """Whether Textual knows the sequence. If not, its parser would wait for more, and take the next keys for that."""
    return bool(list(XTermParser().feed(sequence)))
