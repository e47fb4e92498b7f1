"""The JSON lines between the program and its engine.

The program sends commands; the engine sends one greeting and then events. Text is ASCII with escapes, so that half of
a surrogate pair and every kind of line separator survive.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tui.core.requests import events as ev
from tui.core.sessions.session_model import Endpoint, Parameters, Timeouts
from tui.core.text.clean import join_surrogates


@dataclass(frozen=True, slots=True)
class Start:
    """Begin one streamed chat completion."""

    request: str
    endpoint: Endpoint
    messages: list[dict[str, str]]
    parameters: Parameters = field(default_factory=Parameters)
    timeouts: Timeouts = field(default_factory=Timeouts)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Close a request's stream, which ends the generation on hosts that watch for it."""

    request: str


Command = Start | Cancel


@dataclass(frozen=True, slots=True)
class Hello:
    """The engine is ready. `clock` is its clock at that moment, in ns; `tool` holds the versions of what measures."""

    clock: int
    tool: dict[str, str]


def encode_command(command: Command) -> str:
    """One line, without its end. Halves of surrogate pairs are joined or replaced: no request can carry one."""
    return json.dumps({"command": type(command).__name__.lower(), **_whole(asdict(command))})


def _whole(value: Any) -> Any:
    match value:
        case str():
            return join_surrogates(value)
        case dict():
            return {key: _whole(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_whole(inner) for inner in value]
    return value


def decode_command(line: str | bytes) -> Command:
    """The command of a line. Only the program writes these lines; anything else is a defect and raises."""
    data: dict[str, Any] = json.loads(line)
    if data.pop("command") == "cancel":
        return Cancel(**data)
    parameters = data["parameters"] | {"stop": tuple(data["parameters"]["stop"])}
    return Start(
        request=data["request"],
        endpoint=Endpoint(**data["endpoint"]),
        messages=data["messages"],
        parameters=Parameters(**parameters),
        timeouts=Timeouts(**data["timeouts"]),
    )


def encode_message(message: ev.Event | Hello) -> str:
    """One line, without its end."""
    if isinstance(message, Hello):
        return json.dumps({"hello": asdict(message)})
    return json.dumps(ev.to_dict(message))


def decode_message(line: str | bytes) -> ev.Event | Hello:
    """The event or greeting of a line. Raises ValueError for anything else."""
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return Hello(**data["hello"]) if "hello" in data else ev.from_dict(data)
