"""Keys that this process knows, taken out of whatever comes back: a server may echo what it was sent."""

from __future__ import annotations

import re
from typing import Any

SHORTEST = 8
"""A key of fewer characters may be a word, and would spoil answers."""
BLOT = "[API key]"

_known: set[str] = set()


def remember(secret: str | None) -> None:
    """Note a key, or a password, that is never to be shown or kept."""
    if secret is not None and len(secret) >= SHORTEST:
        _known.add(secret)


def where_keys_go(variable: str) -> str:
    """Where a host's key belongs, as the end of a sentence. `variable` is empty where none is meant for this host."""
    if variable:
        return f"put it into the environment variable {variable}"
    return "name the host in config.toml, and the environment variable that holds its key there, as api_key_env"


def known_secrets() -> tuple[str, ...]:
    """Those that were noted, the longest first: one may be the beginning of another."""
    return tuple(sorted(_known, key=len, reverse=True))


def blotted(text: str) -> str:
    """The text without any of the keys that are known, in capitals or in small letters: some fields are made alike."""
    for secret in known_secrets() if _known else ():
        text = re.sub(re.escape(secret), BLOT, text, flags=re.IGNORECASE)
    return text


def beginning_of(text: str, length: int) -> str:
    """The first `length` characters of a text without its keys: cut before, half of one might be left."""
    return blotted(text)[:length]


def blotted_data(data: Any) -> Any:
    """The same for decoded JSON, its keys included. What is nested too deeply to be looked at is None."""
    if not _known:
        return data
    try:
        return _blotted_data(data)
    except RecursionError:
        return None


def _blotted_data(data: Any) -> Any:
    if isinstance(data, str):
        return blotted(data)
    if isinstance(data, list):
        return [_blotted_data(item) for item in data]
    if isinstance(data, dict):
        return {blotted(key): _blotted_data(item) for key, item in data.items()}
    return data
