"""Session files against the JSON Schema of their format, in which every key must be known."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from tui.core.sessions.schema import file_schema


def strict(schema: Any) -> Any:
    """The schema with no key allowed that it does not list."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: strict(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


@cache
def _validator() -> Any:
    try:
        from jsonschema import Draft202012Validator, FormatChecker
    except ImportError:
        return None
    Draft202012Validator.check_schema(file_schema())
    formats = FormatChecker()

    @formats.checks("date-time")
    def _is_instant(value: object) -> bool:
        return not isinstance(value, str) or value.endswith("+00:00")

    return Draft202012Validator(strict(file_schema()), format_checker=formats)


def can_check() -> bool:
    """Whether there is anything to check with."""
    return _validator() is not None


def faults(tables: dict[str, Any]) -> list[str]:
    """What in the tables of a session file is not as the schema says, as sentences with the place before them."""
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in _validator().iter_errors(as_json(tables))
    ]


def as_json(value: Any) -> Any:
    """What TOML holds as JSON holds it: instants are texts."""
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def written_sessions(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The whole session files of today's schema below a folder, and what they hold. Damaged ones are a test's own."""
    for file in sorted(folder.rglob("*.toml")):
        try:
            if not file.is_file() or not file.read_bytes()[:20].startswith(b"schema = 2\n"):
                continue
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if "end" in tables:
            yield file, tables
