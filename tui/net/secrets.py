"""Removes the keys that this process knows from whatever a server sends: it may echo what it was sent."""

from __future__ import annotations

import re
from typing import Any

SHORTEST_KEY = 8
"""The fewest characters of a key that is removed: a shorter one may be an ordinary word of an answer."""
REDACTED = "[API key]"

_known: set[str] = set()


def remember_secret(secret: str | None) -> None:
    """Register a key or a password that must never be shown or stored."""
    if secret is not None and len(secret) >= SHORTEST_KEY:
        _known.add(secret)


def where_keys_go(variable: str) -> str:
    """Where to put a host's key, as the end of a sentence. `variable` is empty where the host has none."""
    if variable:
        return f"put it into the environment variable {variable}"
    return "name the host in config.toml, and the environment variable that holds its key there, as api_key_env"


def known_secrets() -> tuple[str, ...]:
    """All that were registered, the longest first: one may be the beginning of another."""
    return tuple(sorted(_known, key=len, reverse=True))


def redacted(text: str) -> str:
    """The text without the known keys, in capitals or in small letters, because some servers change the case."""
    for secret in known_secrets() if _known else ():
        text = re.sub(re.escape(secret), REDACTED, text, flags=re.IGNORECASE)
    return text


def redacted_start(text: str, length: int) -> str:
    """The first `length` characters of the redacted text. Cut first, it could still hold half of a key."""
    return redacted(text)[:length]


def redacted_data(data: Any) -> Any:
    """Decoded JSON without the known keys, also in the names of its fields. None where it is nested too deeply."""
    if not _known:
        return data
    try:
        return _redacted_data(data)
    except RecursionError:
        return None


def _redacted_data(data: Any) -> Any:
    if isinstance(data, str):
        return redacted(data)
    if isinstance(data, list):
        return [_redacted_data(item) for item in data]
    if isinstance(data, dict):
        return {redacted(key): _redacted_data(item) for key, item in data.items()}
    return data
