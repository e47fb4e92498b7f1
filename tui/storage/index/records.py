"""What reports keep of sessions, in the index: three texts for each file, of which this package knows no more."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from tui.storage.index.scan import FileKey, FileStamp, as_bytes, name_from

TABLES = (
    "CREATE TABLE shape (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, text TEXT NOT NULL)",
    """CREATE TABLE record (
        folder BLOB NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        changed_ns INTEGER NOT NULL,
        version INTEGER NOT NULL, shape INTEGER, sum INTEGER NOT NULL, sum_of_figures INTEGER NOT NULL,
        runs TEXT NOT NULL, figures TEXT NOT NULL, UNIQUE (folder, name)
    )""",
    "CREATE INDEX record_shape ON record (shape)",
)


class Texts(NamedTuple):
    """What is kept of a session."""

    shape: str
    """What many sessions have in common: it is kept once."""
    runs: str
    figures: str
    """Empty where they were not asked for."""


class FileRecord(NamedTuple):
    """What is kept of a file, and what the file was when it was read."""

    stamp: FileStamp
    texts: Texts | None
    """None where the file has to be read each time."""


def records_in(
    base: sqlite3.Connection, folder: str, version: int, *, figures: bool
) -> tuple[dict[FileKey, FileRecord], list[FileKey]]:
    """The records of this version of the files in a folder, and those that are damaged."""
    asked = "name, size, mtime_ns, changed_ns, shape, sum, runs"
    further = "figures, sum_of_figures" if figures else "'', NULL"
    rows = base.execute(
        f"SELECT {asked}, {further} FROM record WHERE folder = ? AND version = ?",  # noqa: S608
        (os.fsencode(folder), version),
    )
    found: dict[FileKey, FileRecord] = {}
    damaged: list[FileKey] = []

    @cache
    def shape(number: int) -> tuple[bytes, str]:
        digest, text = base.execute("SELECT digest, text FROM shape WHERE id = ?", (number,)).fetchone() or (b"", "")
        return (digest, text) if digest == _digest(text) else (b"", "")

    for name, size, mtime_ns, changed_ns, number, check, runs, text, check_figures in rows:
        key = FileKey(folder, name_from(name))
        stamp = size, mtime_ns, changed_ns
        digest, common = b"", ""
        try:
            if number is not None:
                digest, common = shape(number)
            right = check == _sum(name, stamp, version, digest, runs)
            right = right and (check_figures is None or check_figures == zlib.crc32(text.encode()))
        except (TypeError, ValueError, AttributeError):  # It is of another type.
            right = False
        if not right:
            damaged.append(key)
        else:
            found[key] = FileRecord(stamp, None if number is None else Texts(common, runs, text))
    return found, damaged


def put_records(base: sqlite3.Connection, records: Mapping[FileKey, FileRecord], version: int) -> None:
    """Take in records of this version."""
    drop_records(base, records)
    for key, (stamp, texts) in records.items():
        number, digest = None, b""
        shape, runs, figures = texts or Texts("", "", "")
        if texts is not None:
            digest = _digest(shape)
            base.execute("INSERT OR IGNORE INTO shape (digest, text) VALUES (?, ?)", (digest, shape))
            number = base.execute("SELECT id FROM shape WHERE digest = ?", (digest,)).fetchone()[0]
        folder, name = as_bytes(key)
        check = _sum(name, stamp, version, digest, runs)
        base.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (folder, name, *stamp, version, number, check, zlib.crc32(figures.encode()), runs, figures),
        )


def drop_records(base: sqlite3.Connection, keys: Iterable[FileKey]) -> None:
    """Leave these files out, with what only they have."""
    shapes: set[Any] = set()
    for key in keys:
        found = base.execute("SELECT shape FROM record WHERE folder = ? AND name = ?", as_bytes(key)).fetchone()
        if found is not None:
            base.execute("DELETE FROM record WHERE folder = ? AND name = ?", as_bytes(key))
            shapes.update(found)
    for number in shapes - {None}:
        base.execute(
            "DELETE FROM shape WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM record WHERE shape = ?1)", (number,)
        )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _sum(name: bytes, stamp: FileStamp, version: int, digest: bytes, runs: str) -> int:
    """Notices a byte that flipped, which SQLite does not."""
    return zlib.crc32(runs.encode(), zlib.crc32(b"%b %d %d %d %d %b" % (name, *stamp, version, digest)))
