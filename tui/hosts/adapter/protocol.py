"""What the adapter's process says to the program: one line, where it serves which models, or why it does not."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from tui.core.dict_reader import get
from tui.net.addresses import check_base_url, is_loopback

MAX_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What an adapter says of its models. What it does not say is None."""

    models: tuple[str, ...]
    context: int | None = None
    licence: str | None = None
    device: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """The adapter serves at `root`."""

    root: str
    """Without a slash at its end: http://127.0.0.1:PORT."""
    pid: int
    facts: Facts
    token: str = field(repr=False)
    """What every request has to bring, as the bearer's token."""


@dataclass(frozen=True, slots=True)
class Refused:
    """There is no adapter to serve, for these reasons; see `CompareError`."""

    title: str
    detail: str
    hint: str


def encode(message: Ready | Refused) -> bytes:
    """The message as one line."""
    return json.dumps(asdict(message)).encode("ascii") + b"\n"


def decode(line: bytes) -> Ready | Refused:
    """The message of one line. Raises ValueError, or BadInputError for an address that is none."""
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("not a message")
    if "title" in data:
        return Refused(get(data, "title", str), get(data, "detail", str), get(data, "hint", str))
    root = check_base_url(get(data, "root", str))
    if not is_loopback(root):
        raise ValueError(f"{root} is not on this machine")
    facts = get(data, "facts", dict)
    known = {key: value for key, value in facts.items() if value is not None}
    return Ready(
        root,
        get(data, "pid", int),
        Facts(
            tuple(str(name) for name in get(facts, "models", list)),
            context=get(known, "context", int, None),
            licence=get(known, "licence", str, None),
            device=get(known, "device", str, None),
            version=get(known, "version", str, None),
        ),
        get(data, "token", str),
    )
