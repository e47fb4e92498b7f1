"""Keys act in the order in which they were pressed, however many come at once.

Textual passes a key to the focused widget and takes the next one at once. A key that the widget does not use bubbles
from parent to parent, and bindings are looked up only at the end, in the app. So letters that come later would be typed
before a backspace acts, and what follows a key that moves the focus or opens a dialog would go where the focus was.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from textual.app import App, ReturnType
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.widgets import TextArea

from tui.core.text.clean import clean_line
from tui.ui.actions import APP
from tui.ui.terminal.key_sequences import ESC, KeysRead
from tui.ui.widgets.field_text import text_of

_PATIENCE = 5.0
"""Seconds that a key may act before the one after it acts all the same."""
_LEAVE = next(action.key_list for action in APP if action.id == "app.quit")
_LEAVE_WITHIN = 5.0
"""Seconds that the keys which were pressed before it have to act; then the program is left all the same. A note of
the same burst is kept on a slow machine too, and nobody waits for thousands of keys."""
_BLANK = {"enter": "\r", "ctrl+j": "\n", "tab": "\t"}
_MOST_ROUNDS = 12
"""How often it is checked whether a key has finished acting."""


class _Read:
    """Keys that came with one read, but for those that have acted."""

    def __init__(self, keys: Iterable[Key | Paste], *, at_once: bool) -> None:
        self.keys = deque(keys)
        self.at_once = at_once
        self.pasted = False
        """Whether a part of it was taken to be pasted text."""
        typed = [_typed(key) for key in self.keys]
        self.has_inner_line_end = "\r" in typed and any(
            one not in (None, "\r", "\n") for one in typed[typed.index("\r") :]
        )


@dataclass(slots=True)
class _Turn:
    """The key that is acting."""

    number: int
    began: float
    place: tuple[object, ...] = ()
    """Where keys went when this was last checked."""
    rounds: int = 0


class KeysInTurn(App[ReturnType]):
    """An app that takes the next key when the one before has acted: its bindings, its actions, the focus it moved and
    the screen it opened."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._reads: deque[_Read] = deque()
        self._turn: _Turn | None = None
        self._numbers = count()
        self.leave_keys: Collection[str] = _LEAVE
        """Those that end the program even when keys before them do not act."""
        self._pasting = False
        """Whether the last read was pasted text, so that a read that follows at once is the rest of it."""
        self._letters = False
        """Whether letters were passed on since a key acted: the field in which they are typed may still have to take
        them in."""

    async def on_event(self, event: Event) -> None:
        """Handle each key in its turn, and everything else at once."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._take([event])
        else:
            await super().on_event(event)

    async def on_keys_read(self, event: KeysRead) -> None:
        """Take the keys of one read."""
        await self._take(event.keys, at_once=event.at_once)

    async def _take(self, keys: Sequence[Key | Paste], *, at_once: bool = False) -> None:
        read = _Read((one for key in keys for one in _apart(key)), at_once=at_once)
        self._reads.append(read)
        # Within pasted text it is no key.
        if any(isinstance(key, Key) and key.key in self.leave_keys for key in keys) and not read.has_inner_line_end:
            # What was pressed before it acts first, unless that takes long.
            self.set_timer(_LEAVE_WITHIN, self.exit)
        if self._turn is None or time.monotonic() - self._turn.began > _PATIENCE:
            await self._next()

    async def _next(self) -> None:
        """Have the next key act, and all letters before it: these concern only the field in which they are typed."""
        self._turn = None
        while (key := self._next_key()) is not None:
            focused = self.focused if self.screen_stack else None
            if isinstance(key, Key) and focused is not None and focused.check_consume_key(key.key, key.character):
                await super().on_event(key)
                self._letters = True
                continue
            self._turn = _Turn(next(self._numbers), time.monotonic(), self._place)
            if self._letters:
                # A binding with priority acts at once: first the field takes in the letters.
                self._letters = False
                self._reads[0].keys.appendleft(key)
            else:
                await super().on_event(
                    Paste(clean_line(key.text)) if isinstance(key, Paste) and _paints_as_it_is(focused) else key
                )
            await self._follow(self._turn.number, iter(self._way))
            return

    def _next_key(self) -> Key | Paste | None:
        while self._reads and not self._reads[0].keys:
            self._pasting = self._reads.popleft().pasted
        if not self._reads:
            return None
        read = self._reads[0]
        goes_on = self._pasting and read.at_once and not read.pasted
        if (read.has_inner_line_end or goes_on) and self.screen_stack and isinstance(self.focused, TextArea):
            text = _pasted(read.keys, goes_on=goes_on)
            if text is not None:
                read.keys.clear()
                read.pasted = True
                return Paste(text)
        return read.keys.popleft()

    @property
    def _place(self) -> tuple[object, ...]:
        """Where keys go."""
        return (self.screen, self.focused) if self.screen_stack else ()

    @property
    def _way(self) -> Sequence[DOMNode]:
        """The nodes that a key passes, from the focus to the app."""
        if not self.screen_stack:
            return (self,)
        return self.focused.ancestors_with_self if self.focused is not None else (self.screen, self)

    async def _follow(self, number: int, way: Iterator[DOMNode]) -> None:
        """Follow a key along its way: each node handles what the key has caused before it handles this call."""
        turn = self._turn
        if turn is None or turn.number != number:
            return
        for node in way:
            if node.call_later(self._follow, number, way):
                return
            if node is self:
                return  # The program is leaving.
        # What the key has caused may have caused more. That is over when a round changes nothing.
        turn.rounds += 1
        before, turn.place = turn.place, self._place
        if turn.rounds < _MOST_ROUNDS and (turn.rounds == 1 or turn.place != before):
            await self._follow(number, iter(self._way))
        else:
            await self._next()


def _paints_as_it_is(focused: object) -> bool:
    """Whether it is a field of Textual's own, such as that of its command palette, which paints any text raw."""
    from textual.widgets import Input

    from tui.ui.widgets.line_field import LineField

    return isinstance(focused, Input) and not isinstance(focused, LineField)


def _apart(key: Key | Paste) -> tuple[Key | Paste, ...]:
    """Split a letter with alt into the escape key and the letter: most terminals send the same bytes for both."""
    if isinstance(key, Key) and key.key.startswith("alt+") and key.character is not None and key.is_printable:
        return Key("escape", ESC), Key(key.character, key.character)
    return (key,)


def _pasted(keys: Iterable[Key | Paste], *, goes_on: bool) -> str | None:
    """The text of keys that were pasted by a terminal that does not say so, None when they were typed.

    They were pasted when text follows a line end, or when they continue what was pasted. Keys that are no text are left
    out then, so that nothing is run or scored by accident.
    """
    text = ""
    for key in keys:
        inside = goes_on or "\r" in text
        if isinstance(key, Paste) or (typed := _typed(key)) is None:
            if not inside:
                return None  # It has its own turn first.
            text += key.text if isinstance(key, Paste) else ""
        else:
            text += typed
    inner = "\r" in text.rstrip("\r\n")
    return text if text and (inner or goes_on) else None


def _typed(key: Key | Paste) -> str | None:
    """The text that a key types, None when it is no text."""
    if isinstance(key, Paste):
        return None
    if key.key in _BLANK:
        return _BLANK[key.key]
    return text_of(key)
