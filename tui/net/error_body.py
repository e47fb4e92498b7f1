"""Finds the error message in a server's response, in whichever shape the server sends it."""

from __future__ import annotations

from typing import Any

from tui.net.secrets import redacted_start

MAX_CHARS = 2000
"""The most characters of a message. A longer one holds an echo, and searching it for words takes seconds."""
_PLACES = ("error", "detail", "message", "errors", "error_message", "error_msg", "msg", "error_description")
_WORDS = ("message", "detail", "msg", "error", "description")


def error_message(data: Any) -> str | None:
    """The message in a decoded error body, from whichever of the usual fields holds it; None when there is none.

    At most `MAX_CHARS` characters, without known keys.
    """
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        return None
    for place in _PLACES:
        message = _message(data.get(place))
        if message:
            return redacted_start(message, MAX_CHARS)
    return None


def _message(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(filter(None, map(_complaint, value)))
    if isinstance(value, dict):
        words = next((value[key] for key in _WORDS if isinstance(value.get(key), str) and value[key].strip()), None)
        value = words or _number(value.get("code"))
    return value.strip() if isinstance(value, str) else ""


def _number(code: Any) -> str:
    """The code of an error that has no message."""
    if isinstance(code, str):
        return code
    return f"code {code}" if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 1 << 40 else ""


def _complaint(row: Any) -> str:
    """One of several complaints, as validators list them: what is wrong with which field."""
    message = row.get("msg") or row.get("message") if isinstance(row, dict) else row
    place = row.get("loc") if isinstance(row, dict) else None
    names = [str(part) for part in place if isinstance(part, str | int)] if isinstance(place, list) else []
    field = ".".join(names) + ": " if names else ""
    return field + message if isinstance(message, str) else ""
