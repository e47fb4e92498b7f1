"""Values in rows from outside: each is what it should be, or None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.core.catalog.model_card import from_megabytes
from tui.core.text.clean import join_surrogates

MAX_ROWS = 5000
"""So many models of one list are read."""
MAX_NAME = 512
MAX_COUNT = 1 << 50


def text(value: Any, longest: int = MAX_NAME) -> str | None:
    """A name, or another text of at most `longest` characters."""
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        return None
    return join_surrogates(value)


def text_in(row: Mapping[str, Any], *keys: str) -> str | None:
    """The first text under one of these keys."""
    return next((found for key in keys if (found := text(row.get(key))) is not None), None)


def count(value: Any) -> int | None:
    """A number of things, of which there is at least one."""
    return value if type(value) is int and 0 < value < MAX_COUNT else None


def size_in_mb(value: Any) -> int | None:
    """A size that is given in MB, in bytes."""
    return from_megabytes(value) if type(value) in (int, float) and value > 0 else None


def table(value: Any) -> dict[str, Any]:
    """A table; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listed(body: Any) -> list[dict[str, Any]] | None:
    """The rows of a list of models in OpenAI's shape; None when it is none."""
    rows = table(body).get("data")
    return [row for row in rows[:MAX_ROWS] if isinstance(row, dict)] if isinstance(rows, list) else None


def read_ids(values: Any) -> tuple[str, ...] | None:
    """The names in a list, each once; None when it is no list."""
    if not isinstance(values, list):
        return None
    names = map(text, values[:MAX_ROWS])
    return tuple(dict.fromkeys(name for name in names if name is not None))
