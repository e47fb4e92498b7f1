"""What the runtime's process says to the program: one line, where it serves, or why it does not."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from tui.core.tables import get
from tui.net.client import check_base_url, is_loopback

MAX_LINE = 65_536
_ORIGIN = re.compile(r"\w+\.cc:\d+ [^()]{0,300}\([^()]{0,300}\) (?:const )?")


@dataclass(frozen=True, slots=True)
class Ready:
    """The runtime serves at `root`."""

    root: str
    """Without a slash at its end: http://127.0.0.1:PORT."""
    version: str
    pid: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The runtime does not serve."""

    why: str
    no_sdk: bool = False
    """True when this platform has no runtime at all."""


def encode(message: Ready | Refused) -> bytes:
    """The message as one line."""
    return json.dumps(asdict(message)).encode("ascii") + b"\n"


def decode(line: bytes) -> Ready | Refused:
    """The message of one line. Raises ValueError, or BadInputError for an address that is none."""
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("not a message")
    if "why" in data:
        return Refused(get(data, "why", str), get(data, "no_sdk", bool, False))
    root = check_base_url(get(data, "root", str))
    if not is_loopback(root):
        raise ValueError(f"{root} is not on this machine")
    return Ready(root, get(data, "version", str), get(data, "pid", int))


def plain(words: str) -> str:
    """The runtime's words without the C++ file and function that they begin with."""
    return _ORIGIN.sub("", words)
