"""The events of a request, in the order in which they happen.

Every instant `at` is in nanoseconds of the engine's monotonic clock. The engine's pipe and the journal hold the same
plain dicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import NoneType
from typing import Any, get_args


class Kind(StrEnum):
    """What a chunk of text is."""

    REASONING = "r"
    ANSWER = "a"
    REFUSAL = "f"
    TOOL = "t"


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits for its turn."""

    request: str
    at: int


@dataclass(frozen=True, slots=True)
class Loading:
    """The host began to load the model."""

    request: str
    at: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready to answer."""

    request: str
    at: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The first byte of the request was sent on an open connection: the zero of every latency."""

    request: str
    at: int
    connect_ns: int = 0
    reused: bool = False


@dataclass(frozen=True, slots=True)
class OptionsDropped:
    """The host refused options of the request, and answers one without them."""

    request: str
    at: int
    left_out: tuple[str, ...]
    """Their names in the API. `max_tokens` among them was sent as `max_completion_tokens`."""


@dataclass(frozen=True, slots=True)
class Headers:
    """The response's status and headers arrived."""

    request: str
    at: int


@dataclass(frozen=True, slots=True)
class Delta:
    """Non-empty text. Chunks of the same socket read share `at` and `read`."""

    request: str
    at: int
    read: int
    kind: Kind
    text: str


MOST_TOKENS = 100_000_000
"""More tokens than this no request has: such a count is taken for unknown."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The server's own token counts; those it leaves out are None."""

    request: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    source: str = "server"
    cached_tokens: int | None = None
    """The tokens of the prompt that the server found in a cache instead of evaluating them."""

    @property
    def from_cache(self) -> bool:
        """Whether a part of the prompt came from a cache: the time to the first token is then not a fresh prompt's."""
        return bool(self.cached_tokens)


@dataclass(frozen=True, slots=True)
class ThinkingFound:
    """The answer's first chunks were thinking, as a closing tag without an opening one shows.

    Counts are from the beginning of the answer's text. Instants stay as they are.
    """

    request: str
    chunks: int
    """How many chunks held only thinking or its tag."""
    thought_chars: int
    answer_from: int
    """The character at which the answer begins, after the tag."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream ended. Without a finish reason and without `[DONE]` it was cut."""

    request: str
    at: int
    finish_reason: str | None = None
    done_marker: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The request failed: in which way, with which message, and what to do about it."""

    request: str
    at: int
    kind: str
    """connect, timeout, status, stream, load, engine or host."""
    message: str
    hint: str = ""
    type: str = ""
    """The exception's or the server's own name for it."""
    retry_after_s: int | None = None
    """The pause in seconds that the host asks for before the next request; None when it asks for none."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The request was stopped by the user, and its stream is closed."""

    request: str
    at: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """The request was not made, because its model had failed before: how, and what to do about it."""

    request: str
    at: int
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FailureExplained:
    """A better reason for the failure, which came later; it replaces the first one."""

    request: str
    at: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory while the request runs, in bytes: that of the serving process, what is free on its machine, and what its
    GPUs have in use; `no_gpu` is why that is not known, as a sentence."""

    request: str
    at: int
    resident: int | None = None
    free: int | None = None
    gpu: int | None = None
    no_gpu: str | None = None


Event = (
    Queued
    | Loading
    | Loaded
    | Sent
    | OptionsDropped
    | Headers
    | Delta
    | Usage
    | ThinkingFound
    | Ended
    | Failed
    | Cancelled
    | Skipped
    | FailureExplained
    | Memory
)

_STORED_NAMES: dict[type[Event], str] = {OptionsDropped: "adjusted", FailureExplained: "explained"}
"""The names in journals of events whose class has another name."""
_NAMES: dict[type[Event], str] = {kind: _STORED_NAMES.get(kind, kind.__name__.lower()) for kind in get_args(Event)}
_BY_NAME = {name: kind for kind, name in _NAMES.items()}
_REQUEST_BEFORE = "lane"
"""The name of the field `request` in journals of version 0.1."""
_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in _NAMES}
# The types that a field may hold, by its annotation.
_HOLDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, NoneType),
    "int": (int,),
    "int | None": (int, NoneType),
    "bool": (bool,),
    "Kind": (str, Kind),
    "tuple[str, ...]": (list, tuple),
}
_TYPES = {kind: {field.name: _HOLDS[str(field.type)] for field in fields(kind)} for kind in _NAMES}
_COUNTS = range(1 << 63)


def to_dict(event: Event) -> dict[str, Any]:
    """The event as a plain dict, with its name under `event`."""
    return {"event": _NAMES[type(event)], **{name: getattr(event, name) for name in _FIELDS[type(event)]}}


def from_dict(data: Mapping[str, Any]) -> Event:
    """The event of a dict. Raises ValueError when it is none."""
    given = dict(data)
    name = given.pop("event", None)
    event = _BY_NAME.get(name) if isinstance(name, str) else None
    if event is None:
        raise ValueError(f"not an event: {name!r}")
    if _REQUEST_BEFORE in given:
        given.setdefault("request", given.pop(_REQUEST_BEFORE))
    types = _TYPES[event]
    for field, value in given.items():
        kind = type(value)
        if kind not in types.get(field, ()) or (kind is int and value not in _COUNTS):
            raise ValueError(f"not a {name} event: `{field}` is not what it should be")
        if kind in (list, tuple):
            if not all(isinstance(item, str) for item in value):
                raise ValueError(f"not a {name} event: `{field}` holds more than text")
            given[field] = tuple(value)
    if event is Delta and "kind" in given:
        given["kind"] = Kind(given["kind"])
    try:
        return event(**given)
    except TypeError as error:
        raise ValueError(f"not a {name} event: {error}") from error
