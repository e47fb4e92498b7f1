"""One message a line between the program and a process of its own: a JSON object in ASCII.

With everything else escaped, half of a surrogate pair, or any line separator a model may think of, passes unharmed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def encode_line(message: Mapping[str, Any]) -> bytes:
    """The message as one line, with its end."""
    return json.dumps(message).encode("ascii") + b"\n"


def decode_line(line: bytes | str) -> dict[str, Any]:
    """The message of one line. Raises ValueError when it is none."""
    try:
        message = json.loads(line)
    except RecursionError as error:
        raise ValueError("a message that is nested too deeply") from error
    if not isinstance(message, dict):
        raise ValueError("not a message")
    return message
