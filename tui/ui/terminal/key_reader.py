"""Reads the terminal in the driver's thread."""

from __future__ import annotations

import codecs
import os
import select
import time
from collections.abc import Callable

from textual import constants
from textual.events import Key, Paste
from textual.message import Message

from tui.ui.terminal.key_sequences import KeyParser, KeysRead

_GONE = 0.1
"""Seconds between two looks at a terminal that has gone."""
_MOST = 65536
"""Bytes of one read; a terminal hands out less."""
_AT_ONCE = 0.03
"""Seconds after which a read is no continuation of the one before: nobody types as fast as that."""
_LATE = 0.5
"""Seconds within which the rest of a terminal's answer comes that was cut."""


def read_terminal(fd: int, stop: int, hand_on: Callable[[Message], None]) -> None:
    """Hand on what is typed: the keys of one read as one `KeysRead`, all else by itself. It ends when the file `stop`
    can be read, or has ended.

    Bytes that are no UTF-8 become U+FFFD.
    """
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    reads = KeyParser()
    last = give_up_at = 0.0
    while True:
        wait = max(give_up_at - time.monotonic(), 0.0) if reads.waiting else None
        ready, _, _ = select.select([fd, stop], [], [], wait)
        if stop in ready:
            return
        now = time.monotonic()
        if ready:
            data = os.read(fd, _MOST)
            if not data:
                # The terminal has gone; whoever ends the program says so by a signal.
                select.select([stop], [], [], _GONE)
                continue
            _hand_on(reads.take(decode(data)), hand_on, at_once=now - last < _AT_ONCE)
            last = time.monotonic()
            give_up_at = last + (_LATE if reads.answered else constants.ESCAPE_DELAY)
        elif reads.waiting and now >= give_up_at:
            _hand_on(reads.give_up(), hand_on, at_once=False)


def _hand_on(messages: list[Message], hand_on: Callable[[Message], None], *, at_once: bool) -> None:
    keys: list[Key | Paste] = []
    for message in messages:
        if isinstance(message, Key | Paste):
            keys.append(message)
            continue
        if keys:
            hand_on(KeysRead(keys, at_once=at_once))
            keys = []
        hand_on(message)
    if keys:
        hand_on(KeysRead(keys, at_once=at_once))
