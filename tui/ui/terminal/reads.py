"""What is read from a terminal, as keys: esc and a key after it are two, and the keys of one read stay together."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache

# Textual's public driver takes its parser from here too, and hands it whole reads: the escape key and a letter that
# come in one read are alt and that letter to it, or a sign that somebody's keyboard has there.
from textual._xterm_parser import XTermParser
from textual.events import Event, Key, Paste
from textual.message import Message

ESC = "\x1b"
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
_LONGEST = 64
"""Characters of a sequence; what is longer is none."""
_STRINGS = "]PX^_"
"""What a string of the terminal begins with, after esc: it answers so to whoever asked for its colours, or its name."""
_MOUSE = re.compile(r"\x1b\[(?:<?[-\d;]+[mM]|M[\s\S]{3})")
# Of the sequences that begin with `esc O` those that terminals send without having been asked to.
_TEXT = r"[^\x07\x1b]{0,4096}"
_WHOLE = re.compile(
    rf"\x1b(?:\[(?:M[\s\S]{{3}}|<[-\d;]{{1,{_LONGEST}}}[mM]|\[[A-E]|(?![M\[])[0-?]{{0,{_LONGEST}}}[ -/]{{0,4}}[@-~])"
    rf"|O[A-DFHP-Sa-d]|[{re.escape(_STRINGS)}]{_TEXT}(?:\x07|\x1b\\))"
)
# A string whose end is still to come is only waited for where it looks like one: X, for one, is a key.
_BEGUN = re.compile(
    rf"\x1b(?:\[(?:M[\s\S]{{0,2}}|<[-\d;]{{0,{_LONGEST}}}|\[|[0-?]{{0,{_LONGEST}}}[ -/]{{0,4}})?|O"
    rf"|\](?:\d{{0,4}}|\d{{1,4}};{_TEXT}\x1b?)|P(?:[0-9;<=>?!$+|]{_TEXT}\x1b?)?|_(?:G{_TEXT}\x1b?)?)?\Z"
)


class KeysRead(Event, bubble=False):
    """Keys, and pasted texts, that came with one read."""

    def __init__(self, keys: Sequence[Key | Paste], *, at_once: bool) -> None:
        """`at_once` says that the read before this one had only just ended."""
        super().__init__()
        self.keys = tuple(keys)
        self.at_once = at_once


class Reads:
    """Takes reads, decoded, and gives back what they mean. A sequence may be cut by the end of a read."""

    def __init__(self) -> None:
        self._parser = XTermParser()
        self._begun = ""
        """The beginning of a sequence, or `esc` alone, at the end of the last read."""
        self._pasted: str | None = None
        """What has come of a text that the terminal pastes."""

    @property
    def waiting(self) -> bool:
        """Whether a sequence may have been cut: when nothing more comes, `give_up()` says what it was."""
        return bool(self._begun)

    def take(self, text: str) -> list[Message]:
        """The events of the next read, in their order."""
        return list(self._events(text))

    def give_up(self) -> list[Message]:
        """What has begun is no sequence: the escape key, and what was typed after it."""
        found: list[Message] = []
        while begun := self._begun:
            self._begun = ""
            found += [Key("escape", ESC), *self._events(begun[1:])]
        return found

    def _events(self, text: str) -> Iterator[Message]:
        text, self._begun = self._begun + text, ""
        while text:
            if self._pasted is not None:
                text = yield from self._paste(text)
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
            elif _BEGUN.match(text):
                self._begun = text
                return
            else:
                text = text[1:]
                yield Key("escape", ESC)

    def _sequence(self, sequence: str) -> Iterator[Message]:
        if sequence == _PASTE:
            self._pasted = ""
        elif sequence[1] in _STRINGS:
            return
        elif _MOUSE.fullmatch(sequence) or _means_something(sequence):
            yield from self._parser.feed(sequence)

    def _paste(self, text: str) -> Generator[Message, None, str]:
        # Joined before it is looked for: the end may have been cut.
        pasted, end, rest = ((self._pasted or "") + text).partition(_PASTED)
        if not end:
            self._pasted = pasted
            return ""
        self._pasted = None
        yield Paste(pasted.replace("\0", ""))
        return rest


@lru_cache(256)
def _means_something(sequence: str) -> bool:
    """Whether Textual knows it; a parser that does not would wait for more, and take the next keys for it."""
    return bool(list(XTermParser().feed(sequence)))
