"""Tables to TOML text that a person can read and a diff can follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tomli_w

from tui.core.dict_reader import Table
from tui.core.text.clean import join_surrogates, spell_hidden


def emit(tables: Table) -> str:
    """The TOML text of a whole file: its plain values, then a block for each table, blocks parted by a blank line."""
    return "\n".join(_blocks("", "", storable(tables)))


def emit_table(name: str, table: Table) -> str:
    """The text of one `[[name]]` table with its sub-tables; `emit()` writes the same."""
    return "\n".join(_blocks(_key(name), "[[{}]]\n", storable(table)))


def storable(value: Any) -> Any:
    """`value` as TOML can hold it, which is what comes back on reading.

    Surrogates are joined or replaced, keys without a value are left out, tuples become lists.
    """
    if isinstance(value, str):
        return join_surrogates(value)
    if isinstance(value, dict):
        return {join_surrogates(key): storable(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    return value


def _blocks(path: str, header: str, table: Table) -> Iterator[str]:
    """The table's own block, then those of its sub-tables. tomli_w left alone would put short tables in one line."""
    values: list[str] = []
    inner: list[tuple[str, str, Table]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            inner.append((key, "[{}]\n", value))
        elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            inner += [(key, "[[{}]]\n", row) for row in value]
        else:
            values.append(_line(key, value))
    if header or values:
        yield header.format(path) + "".join(values)
    for key, brackets, part in inner:
        yield from _blocks(f"{path}.{_key(key)}" if path else _key(key), brackets, part)


def _line(key: str, value: Any) -> str:
    # Multi-line strings are easier to read and to compare, but tomli_w turns CRLF into LF in them.
    multiline = isinstance(value, str) and "\r\n" not in value
    return _escape_hidden(tomli_w.dumps({key: value}, multiline_strings=multiline))


def _key(part: str) -> str:
    return _escape_hidden(tomli_w.dumps({part: 0}).removesuffix(" = 0\n"))


def _escape_hidden(text: str) -> str:
    """Spell out what an editor would not show. tomli_w puts such characters only where TOML takes escapes."""
    return spell_hidden(text, _escape)


def _escape(point: int) -> str:
    return f"\\u{point:04X}" if point <= 0xFFFF else f"\\U{point:08X}"
