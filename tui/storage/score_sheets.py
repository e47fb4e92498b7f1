"""Score sheets as files: CSV for spreadsheets, TOML for editors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tui.core.dict_reader import Table
from tui.core.errors import BadInputError, reason_of
from tui.core.scoring.score_cells import from_csv, heading, to_csv
from tui.core.scoring.score_sheet import COLUMNS, FilledRow, SheetRow
from tui.core.text.nearest import unknown_name
from tui.files import read_toml, text_of_file
from tui.storage.toml_writer import emit

SUFFIXES = (".csv", ".toml")
"""What the name of a sheet may end in."""
MAX_BYTES = 64 << 20
ROW = "row"
"""The name of a row's table in TOML."""
_NAMES = tuple(column.name for column in COLUMNS)
_NEEDED = tuple(column.name for column in COLUMNS if column.read_back)


def sheet_bytes(rows: Sequence[SheetRow], suffix: str) -> bytes:
    """A sheet as its file holds it. CSV begins with the mark by which spreadsheets know UTF-8."""
    tables = [asdict(row) for row in rows]
    names = [column.name for column in COLUMNS if not column.sometimes or any(table[column.name] for table in tables)]
    if suffix == ".toml":
        text = "# Fill in `score`, and `note` if you like; leave the rest as it is.\n\n"
        rest = emit({ROW: [{name: table[name] for name in names} for table in tables]})
        return (text + rest).encode("utf-8")
    return to_csv([names, *([table[name] for name in names] for table in tables)]).encode("utf-8-sig")


def read_sheet(path: Path) -> list[FilledRow]:
    """The rows of a sheet that was filled in. Raises BadInputError, which says what is wrong with the file."""
    try:
        if path.suffix.casefold() == ".toml":
            return _from_toml(read_toml(path, MAX_BYTES))
        return _from_table(from_csv(text_of_file(path, MAX_BYTES), _NAMES))
    except (OSError, ValueError) as error:
        reason = reason_of(error)
        hint = "Check the name." if isinstance(error, FileNotFoundError) else ""
        raise BadInputError(f"{path} cannot be read as scores", reason[:1].upper() + reason[1:], hint) from error


def _from_table(rows: Sequence[Sequence[str]]) -> list[FilledRow]:
    names = [heading(one) for one in rows[0]] if rows else []
    for needed in _NEEDED:
        if needed not in names:
            raise ValueError(_missing(needed, names))
    return [
        FilledRow(number, _row({name: value for name, value in zip(names, row, strict=False) if name in _NAMES}))
        for number, row in enumerate(rows[1:], 2)
        if any(value.strip() for value in row)
    ]


def _missing(needed: str, names: Iterable[str]) -> str:
    there = [name for name in names if name]
    if not set(there) & set(_NAMES):
        return f"Its first line has none of the headings of a sheet: {', '.join(_NAMES)}"
    strange = next((name for name in there if name not in _NAMES), None)
    said = f"; {unknown_name(strange, _NAMES, 'a heading')}" if strange is not None else ""
    return f"The heading `{needed}` is missing{said}"


def _from_toml(data: Table) -> list[FilledRow]:
    rows = data.get(ROW)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"It has no [[{ROW}]] tables")
    for number, row in enumerate(rows, 1):
        for needed in _NEEDED:
            if needed not in row and needed != "score":
                raise ValueError(f"[[{ROW}]] {number} lacks `{needed}`")
    return [FilledRow(number, _row(row)) for number, row in enumerate(rows, 1)]


def _row(values: Mapping[str, Any]) -> SheetRow:
    return replace(SheetRow(), **{name: _text(values[name]) for name in _NAMES if name in values})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
