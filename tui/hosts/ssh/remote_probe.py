"""What a remote machine says about where its Foundry Local listens. Pure: it is asked elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tui.core.text.clean import without_escapes

QUESTION = (
    "powershell -NoProfile -NonInteractive -Command cat .foundry/daemon.json; "
    "foundry server status -o json; foundry service status; cat .foundry/daemon.json"
)
"""One line that every usual login shell understands, without a quote, a variable or an operator but `;`.

`cmd` knows no `;` and hands all of it to PowerShell. PowerShell runs the first part in another PowerShell and the rest
itself. A POSIX shell has no `powershell`, says so, and goes on. What is missing somewhere is an error there, no end.
"""
USUAL_PORT = 5273
"""Where the older service listens when nobody says otherwise."""
MAX_CHARS = 20_000
"""What is read of an answer, from its end."""

_SERVICE = re.compile(r"running on\s+(https?://[^\s\"'<>]+)|(https?://[^\s\"'<>]+/openai/status)", re.IGNORECASE)
_STOPPED = re.compile(r"\bnot[ _]running\b", re.IGNORECASE)
_DECODER = json.JSONDecoder(strict=False)


def decode(raw: bytes) -> str:
    """The text in what a Windows or POSIX shell wrote: UTF-8, or UTF-16 as far as it is ASCII."""
    return raw.replace(b"\0", b"").decode("utf-8", "replace")


def served_at(text: str) -> int | None:
    """The port in an answer to `QUESTION`; None when it names none.

    What a running server says of itself counts before what `daemon.json` says, which a server that died leaves behind.
    """
    text = _plain(text)
    tables = list(_tables(text))
    asked = [table for table in tables if "running" in table]
    for table in asked:
        if table["running"] is True and (port := _port_of(table)) is not None:
            return port
    for urls in _SERVICE.findall(text):
        if (port := _port(urls[0] or urls[1])) is not None:
            return port
    if any(table["running"] is False for table in asked):
        return None
    return next((port for table in tables if (port := _port_of(table)) is not None), None)


def says_stopped(text: str) -> bool:
    """Whether Foundry Local is there and said that its server does not run."""
    text = _plain(text)
    return bool(_STOPPED.search(text)) or any(table.get("running") is False for table in _tables(text))


def _plain(text: str) -> str:
    return without_escapes(text[-MAX_CHARS:])


def _tables(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object in the text, whatever stands before, between and after; keys in small letters without `_`."""
    at = text.find("{")
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield {key.lower().replace("_", ""): item for key, item in value.items()}
        at = text.find("{", end)


def _port_of(table: dict[str, Any]) -> int | None:
    urls = table.get("weburls")
    urls = urls if isinstance(urls, list) else [urls]
    return next((port for url in urls if isinstance(url, str) and (port := _port(url)) is not None), None)


def _port(url: str) -> int | None:
    try:
        return urlsplit(url.strip()).port or None
    except ValueError:
        return None
