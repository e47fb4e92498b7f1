"""What the adapter's process says to the program: one line, where it serves which models, or why it does not."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from tui.child.line_protocol import decode_line, encode_line
from tui.core.dict_reader import get
from tui.net.addresses import check_base_url, is_loopback

MAX_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class AdapterFacts:
    """What an adapter says of its models. What it does not say is None."""

    models: tuple[str, ...]
    context: int | None = None
    licence: str | None = None
    device: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class AdapterReady:
    """The adapter serves at `root`."""

    root: str
    """Without a slash at its end: http://127.0.0.1:PORT."""
    pid: int
    facts: AdapterFacts
    token: str = field(repr=False)
    """What every request has to bring, as the bearer's token."""


@dataclass(frozen=True, slots=True)
class AdapterRefused:
    """There is no adapter to serve, for these reasons; see `CompareError`."""

    title: str
    detail: str
    hint: str


def encode(message: AdapterReady | AdapterRefused) -> bytes:
    """The message as one line."""
    return encode_line(asdict(message))


def decode(line: bytes) -> AdapterReady | AdapterRefused:
    """The message of one line. Raises ValueError, or BadInputError for an address that is none."""
    data = decode_line(line)
    if "title" in data:
        return AdapterRefused(get(data, "title", str), get(data, "detail", str), get(data, "hint", str))
    root = check_base_url(get(data, "root", str))
    if not is_loopback(root):
        raise ValueError(f"{root} is not on this machine")
    facts = get(data, "facts", dict)
    known = {key: value for key, value in facts.items() if value is not None}
    return AdapterReady(
        root,
        get(data, "pid", int),
        AdapterFacts(
            tuple(str(name) for name in get(facts, "models", list)),
            context=get(known, "context", int, None),
            licence=get(known, "licence", str, None),
            device=get(known, "device", str, None),
            version=get(known, "version", str, None),
        ),
        get(data, "token", str),
    )
