"""The JSON lines between the program and its engine.

The program sends commands; the engine sends one greeting and then events: each a line of `tui.child.line_protocol`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from tui.child.line_protocol import decode_line, encode_line
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
    answer_schema: str = ""
    """As `Prompt.answer_schema`."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Close a request's stream, which ends the generation on hosts that watch for it."""

    request: str


EngineCommand = Start | Cancel


@dataclass(frozen=True, slots=True)
class Hello:
    """The engine is ready. `clock` is its clock at that moment, in ns; `tool` holds the versions of what measures."""

    clock: int
    tool: dict[str, str]


def encode_command(command: EngineCommand) -> bytes:
    """One line. Halves of surrogate pairs are joined or replaced: no request can carry one."""
    return encode_line({"command": type(command).__name__.lower(), **_whole(asdict(command))})


def _whole(value: Any) -> Any:
    match value:
        case str():
            return join_surrogates(value)
        case dict():
            return {key: _whole(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_whole(inner) for inner in value]
    return value


def decode_command(line: bytes) -> EngineCommand:
    """The command of a line. Only the program writes these lines; anything else is a defect and raises."""
    data = decode_line(line)
    if data.pop("command") == "cancel":
        return Cancel(**data)
    parameters = data["parameters"] | {"stop": tuple(data["parameters"]["stop"])}
    return Start(
        request=data["request"],
        endpoint=Endpoint(**data["endpoint"]),
        messages=data["messages"],
        parameters=Parameters(**parameters),
        timeouts=Timeouts(**data["timeouts"]),
        answer_schema=data["answer_schema"],
    )


def encode_message(message: ev.Event | Hello) -> bytes:
    """One line."""
    return encode_line({"hello": asdict(message)} if isinstance(message, Hello) else ev.to_dict(message))


def decode_message(line: bytes) -> ev.Event | Hello:
    """The event or greeting of a line. Raises ValueError for anything else."""
    data = decode_line(line)
    return Hello(**data["hello"]) if "hello" in data else ev.from_dict(data)
