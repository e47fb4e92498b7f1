"""What the program and the runtime's processes say to each other: JSON, one message a line."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from tui.child.line_protocol import decode_line, encode_line
from tui.core.catalog.model_card import ModelCard, ModelState, from_megabytes, to_megabytes
from tui.core.dict_reader import Table, get, number
from tui.net.addresses import check_base_url, is_loopback


@dataclass(frozen=True, slots=True)
class RuntimeReady:
    """The runtime serves at `root`."""

    root: str
    """Without a slash at its end: http://127.0.0.1:PORT."""
    version: str
    pid: int


@dataclass(frozen=True, slots=True)
class RuntimeRefused:
    """The process cannot do what it was started for."""

    why: str
    no_sdk: bool = False
    """True when this platform has no runtime at all."""
    unknown: bool = False
    """True when there is no such model in the catalogue."""


class Step(StrEnum):
    """What the serving process can be asked to do with a model."""

    LOAD = "load"
    UNLOAD = "unload"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class RuntimeCommand:
    """One request to the serving process. It registers the model from its folder where it has to."""

    number: int
    step: Step
    model: str
    """The model's id."""
    folder: str
    task: str | None = None
    device: str | None = None
    ep: str | None = None
    """The execution provider that its catalogue names; None leaves the choice to the model's own configuration."""


@dataclass(frozen=True, slots=True)
class RuntimeAnswer:
    """What became of a command: done, or `why` not."""

    number: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """A model variant of the public catalogue."""

    card: ModelCard


@dataclass(frozen=True, slots=True)
class DownloadPercent:
    """How much of a download has arrived."""

    percent: float


@dataclass(frozen=True, slots=True)
class Done:
    """Everything that was asked for has been said or done."""

    done: bool = True


Message = RuntimeReady | RuntimeRefused | RuntimeAnswer | CatalogRow | DownloadPercent | Done


def encode(message: Message | RuntimeCommand) -> bytes:
    """The message as one line."""
    return encode_line({"card": write_card(message.card)} if isinstance(message, CatalogRow) else asdict(message))


def decode(line: bytes) -> Message:
    """The message of one line. Raises ValueError, or BadInputError for an address that is none."""
    data = decode_line(line)
    if "root" in data:
        root = check_base_url(get(data, "root", str))
        if not is_loopback(root):
            raise ValueError(f"{root} is not on this machine")
        return RuntimeReady(root, get(data, "version", str), get(data, "pid", int))
    if "number" in data:
        return RuntimeAnswer(get(data, "number", int), get(data, "why", str))
    if "why" in data:
        return RuntimeRefused(
            get(data, "why", str), get(data, "no_sdk", bool, False), get(data, "unknown", bool, False)
        )
    if "card" in data:
        return CatalogRow(read_card(get(data, "card", dict)))
    if "percent" in data:
        return DownloadPercent(number(data, "percent") or 0.0)
    if data == {"done": True}:
        return Done()
    raise ValueError("not a message")


def decode_command(line: bytes) -> RuntimeCommand:
    """The command of one line. Raises ValueError."""
    data = decode_line(line)
    optional = {key: get(data, key, str, None) for key in ("task", "device", "ep") if data.get(key) is not None}
    step = Step(get(data, "step", str))
    return RuntimeCommand(get(data, "number", int), step, get(data, "model", str), get(data, "folder", str), **optional)


def write_card(card: ModelCard) -> Table:
    """The card as a table, to be kept or sent."""
    table = asdict(card)
    return {**table, "size_mb": to_megabytes(table.pop("size_bytes"))}


def read_card(table: Table) -> ModelCard:
    """The card that was kept or sent as a table; what is None may be missing. Raises ValueError."""
    known = {key: value for key, value in table.items() if value is not None}
    texts = ("variant", "device", "ep", "licence", "task", "publisher", "summary", "licence_text")
    facts: dict[str, Any] = {key: get(known, key, str) for key in texts if key in known}
    facts |= {key: get(known, key, int) for key in ("context", "parameters") if key in known}
    return ModelCard(
        id=get(known, "id", str),
        alias=get(known, "alias", str),
        size_bytes=from_megabytes(number(known, "size_mb")),
        tools=get(known, "tools", bool, None),
        state=ModelState.CATALOG,
        **facts,
    )
