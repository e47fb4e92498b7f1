"""What servers say went wrong, found in the shapes in which they say it."""

from __future__ import annotations

from typing import Any


def error_message(data: Any) -> str | None:
    """The sentence in a decoded error body, whichever of the usual places holds it; None when there is none."""
    for key in ("error", "detail", "message"):
        value = data.get(key) if isinstance(data, dict) else None
        if isinstance(value, dict):
            value = value.get("message") or value.get("detail")
        if isinstance(value, list):
            value = "; ".join(filter(None, map(_complaint, value)))
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _complaint(row: Any) -> str:
    """One of several complaints, as validators list them: what is wrong with which field."""
    said = row.get("msg") or row.get("message") if isinstance(row, dict) else row
    place = row.get("loc") if isinstance(row, dict) else None
    field = ".".join(str(part) for part in place) + ": " if isinstance(place, list) and place else ""
    return field + said if isinstance(said, str) else ""
