"""Reads fields of tables from outside, which may hold anything. A failure is a ValueError that names the field."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

Table = dict[str, Any]
_T = TypeVar("_T")
_MISSING: Any = object()
_LARGEST = (1 << 63) - 1


class EntryError(ValueError):
    """What is wrong with an entry of a file, as a sentence that names the entry and the key."""

    def __init__(self, reason: str, key: str, right: Any) -> None:
        """`key` and `right` are a key and a value that would be right in the place of what is wrong."""
        super().__init__(reason)
        self.key = key
        self.right = right


def get(table: Table, key: str, kind: type[_T], default: Any = _MISSING) -> Any:
    """The value under `key` if it is of this kind; `default` when there is none."""
    if key not in table:
        if default is _MISSING:
            raise ValueError(f"`{key}` is missing")
        return default
    value = table[key]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"`{key}` should be {_NAMES.get(kind, kind.__name__)}")
    if kind is int and not -_LARGEST - 1 <= table[key] <= _LARGEST:
        raise ValueError(f"`{key}` should be a whole number of at most 64 bits")
    return value


_NAMES = {str: "text", int: "a whole number", dict: "a table", list: "a list", bool: "true or false"}


def number(table: Table, key: str) -> float | None:
    """The number under `key`, None when there is none."""
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"`{key}` should be a number")
    if not -sys.float_info.max <= value <= sys.float_info.max:
        raise ValueError(f"`{key}` should be a number with an end")
    return float(value)


def get_time(table: Table, key: str) -> datetime:
    """A point in time; journals hold it as text, TOML as itself."""
    value = table.get(key)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise ValueError(f"`{key}` should be a date and time")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def each(data: Table, key: str, read: Callable[[Table], _T]) -> list[_T]:
    """Every table of the array `key`, read by `read`."""
    rows = get(data, key, list, [])
    found: list[_T] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise ValueError(f"[[{key}]] {number} is not a table")
        try:
            found.append(read(row))
        except (ValueError, OverflowError) as error:
            raise ValueError(f"[[{key}]] {number}: {error}") from error
    return found


def by_key(items: Iterable[_T], key: Callable[[_T], str]) -> dict[str, _T]:
    """The items under their keys; two of one key would be taken for each other, and are refused."""
    found: dict[str, _T] = {}
    for item in items:
        if key(item) in found:
            raise ValueError(f"`{key(item)}` occurs twice")
        found[key(item)] = item
    return found


def texts(table: Table, key: str) -> tuple[str, ...]:
    """The list of texts under `key`; empty when there is none."""
    found = get(table, key, list, [])
    if not all(isinstance(text, str) for text in found):
        raise ValueError(f"`{key}` should be a list of texts")
    return tuple(found)


def without_none(**values: Any) -> Table:
    """A table of what is not None."""
    return {key: value for key, value in values.items() if value is not None}
