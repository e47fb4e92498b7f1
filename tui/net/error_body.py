"""What servers say went wrong, found in the shapes in which they say it."""

from __future__ import annotations

from typing import Any

from tui.net.secrets import beginning_of

MAX_CHARS = 2000
"""Characters that a sentence may have. What is longer holds an echo, in which searching for words takes seconds."""
_PLACES = ("error", "detail", "message", "errors", "error_message", "error_msg", "msg", "error_description")
_WORDS = ("message", "detail", "msg", "error", "description")


def error_message(data: Any) -> str | None:
    """The sentence in a decoded error body, whichever of the usual places holds it; None when there is none.

    Of a longer one the first `MAX_CHARS` characters are given.
    """
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        return None
    for place in _PLACES:
        said = _said(data.get(place))
        if said:
            return beginning_of(said, MAX_CHARS)
    return None


def _said(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(filter(None, map(_complaint, value)))
    if isinstance(value, dict):
        words = next((value[key] for key in _WORDS if isinstance(value.get(key), str) and value[key].strip()), None)
        value = words or _number(value.get("code"))
    return value.strip() if isinstance(value, str) else ""


def _number(code: Any) -> str:
    """A code that stands for an error without words."""
    if isinstance(code, str):
        return code
    return f"code {code}" if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 1 << 40 else ""


def _complaint(row: Any) -> str:
    """One of several complaints, as validators list them: what is wrong with which field."""
    said = row.get("msg") or row.get("message") if isinstance(row, dict) else row
    place = row.get("loc") if isinstance(row, dict) else None
    names = [str(part) for part in place if isinstance(part, str | int)] if isinstance(place, list) else []
    field = ".".join(names) + ": " if names else ""
    return field + said if isinstance(said, str) else ""
