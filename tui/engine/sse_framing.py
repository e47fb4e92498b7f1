"""The framing of a streamed answer: from bytes to objects, by WHATWG's rules for event streams and the ways in which
servers depart from them. `docs/servers.md` has the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

MAX_EVENT_BYTES = 2 << 20
"""The most that one line, the data of one event, or text without a field may hold."""

_LINE_COSTS = 32
"""The cost of a line beside its characters, so that many short lines do not get around the limit."""
_DONE = "[DONE]"
_KEEP_ALIVE = ("ping", "keepalive", "keep-alive", "heartbeat")
_READ_NAMES = ("", "message")
"""Names of events that every client reads; any other name is a server's own."""
_ERROR_NAMES = ("error", "exception", "failure")
_BEGINNINGS = ("{", "[")
"""How an object, or a list with one, begins in lines without a field."""
_BOM = b"\xef\xbb\xbf"
_AROUND = "\ufeff \t"
"""What gateways that join streams leave in front of a field's name."""
_FIELDS = ("data", "event", "id", "retry", "error", _DONE)
_TOLERATED = ("data", "event")
"""Fields whose names are recognized in any spelling, so that their content is not lost."""


class ItemKind(Enum):
    """What an item of the stream is."""

    VALUE = auto()
    """A decoded value: an object, unless the server sends something meaningless."""
    NAMED = auto()
    """An object in an event with a name of its own."""
    ERROR = auto()
    """An error: an object, text, or None where it has no content."""
    NONSENSE = auto()
    """Text that cannot be interpreted."""
    DONE = auto()
    """The server's end marker."""


Item = tuple[ItemKind, Any]


class TooLongError(Exception):
    """A line, an event or text without a field that is longer than any answer needs."""


class EventStream:
    """Interprets a stream read by read. An object is returned with the read that holds the end of its line.

    `take` and `rest` raise TooLongError.
    """

    def __init__(self) -> None:
        self.loose = ""
        """The last text without a field; known after `rest()`."""
        self._line: list[bytes] = []
        self._line_bytes = 0
        self._skips_lf = False
        self._begun = False
        self._name = ""
        self._data: list[str] = []
        self._data_chars = 0
        self._unframed: list[str] = []
        self._unframed_chars = 0

    def take(self, data: bytes) -> Iterator[Item]:
        """The items that are complete after one more read."""
        if self._skips_lf and data:
            self._skips_lf = False
            data = data.removeprefix(b"\n")
        if b"\r" in data:
            # A line that ends in CR has ended, whatever comes next; only a line feed right behind it belongs to it.
            self._skips_lf = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *lines = data.split(b"\n")
        if not lines:
            self._extend(first)
            return
        if self._line:
            self._extend(first)
            first = b"".join(self._line)
            self._line, self._line_bytes = [], 0
        rest = lines.pop()
        for line in (first, *lines):
            if line.startswith(b"data:") and not self._data and not self._unframed:
                text = line[5:].decode("utf-8", "replace")
                value = _object(text)
                if value is not None:
                    yield self._dispatched(value)
                    continue
            if line or self._data or self._name:
                yield from self._read(line)
        if rest:
            self._extend(rest)

    def rest(self) -> Iterator[Item]:
        """The items in what is left at the end of the stream."""
        line, self._line = b"".join(self._line), []
        if line:
            yield from self._read(line)
        if self._data or self._name:
            # Text that cannot be read here was torn: the stream ended in the middle of it.
            yield from (item for item in self._event() if item[0] is not ItemKind.NONSENSE)
        yield from self._without_fields()

    @property
    def broken_words(self) -> str:
        """What came last without a field, unless it is a line of the stream that was torn; known after `rest()`."""
        torn = self.loose.startswith(_BEGINNINGS) or any(field.startswith(self.loose) for field in _FIELDS)
        return "" if torn else self.loose

    def _extend(self, part: bytes) -> None:
        """Keep the beginning of a line that goes on."""
        self._line_bytes += len(part)
        if self._line_bytes > MAX_EVENT_BYTES:
            raise TooLongError
        if part:
            self._line.append(part)

    def _read(self, line: bytes) -> Iterator[Item]:
        """One line of any kind; an empty one ends the event."""
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BOM)
        text = line.decode("utf-8", "replace")
        if not text:
            yield from self._event()
            return
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        bare = name.strip(_AROUND).lower()
        match bare if bare in _TOLERATED else name:
            case "data":
                yield from self._add(value)
            case "event":
                self._name = value.strip()
            case "error" if value.strip() == "null":
                pass
            case "error" if ":" in text:
                yield ItemKind.ERROR, _value_or_text(value)
            case "" | "id" | "retry":
                pass
            case _:
                yield from self._without_field(text)

    def _add(self, text: str) -> Iterator[Item]:
        yield from self._without_fields()
        if _is_end(text):
            yield from self._event()
            yield ItemKind.DONE, None
            return
        value = None if self._data else _object(text)
        if value is not None:
            yield self._dispatched(value)
            return
        self._data.append(text)
        self._data_chars += len(text) + _LINE_COSTS
        if self._data_chars > MAX_EVENT_BYTES:
            raise TooLongError

    def _event(self) -> Iterator[Item]:
        """The event that ends here, if it has any content."""
        text, name = "\n".join(self._data), self._name
        self._data, self._data_chars, self._name = [], 0, ""
        if name.lower() in _ERROR_NAMES:
            yield ItemKind.ERROR, _value_or_text(text)
        elif text.strip():
            value = _decoded(text)
            if isinstance(value, dict):
                yield ItemKind.VALUE if name in _READ_NAMES else ItemKind.NAMED, value
            elif name in _READ_NAMES and text.strip().lower() not in _KEEP_ALIVE:
                yield (ItemKind.NONSENSE, text) if value is None else (ItemKind.VALUE, value)

    def _dispatched(self, value: dict[str, Any]) -> Item:
        """An object that one line held: its event need not have ended, for some servers divide by one line feed."""
        self._begun = True
        name, self._name = self._name, ""
        if name in _READ_NAMES:
            return ItemKind.VALUE, value
        return ItemKind.ERROR if name.lower() in _ERROR_NAMES else ItemKind.NAMED, value

    def _without_fields(self) -> Iterator[Item]:
        """The object that lines without a field form together, if they do; otherwise they are kept in `loose`."""
        if self._unframed:
            text = self.loose = "\n".join(self._unframed).strip()
            self._unframed, self._unframed_chars = [], 0
            value = _decoded(text) if text.startswith(_BEGINNINGS) else None
            if isinstance(value, dict | list):
                yield ItemKind.VALUE, value

    def _without_field(self, text: str) -> Iterator[Item]:
        if _is_end(text):
            yield from self._without_fields()
            yield ItemKind.DONE, None
            return
        if text.startswith(_BEGINNINGS) and self._unframed and not self._unframed[0].startswith(_BEGINNINGS):
            yield from self._without_fields()
        value = None if self._unframed else _object(text)
        if value is not None:
            yield self._dispatched(value)
            return
        self._unframed.append(text)
        self._unframed_chars += len(text) + _LINE_COSTS
        if self._unframed_chars > MAX_EVENT_BYTES:
            raise TooLongError


def _is_end(text: str) -> bool:
    return text.strip().strip('"').upper() == _DONE


def _object(text: str) -> dict[str, Any] | None:
    """The object that this text is; None if it is anything else."""
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    value = _decoded(text)
    return value if isinstance(value, dict) else None


def _decoded(text: str) -> Any:
    """The value of this JSON text; None when it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _value_or_text(text: str) -> Any:
    value = _decoded(text)
    return text.strip() if value is None else value
