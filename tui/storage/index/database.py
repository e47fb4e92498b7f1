"""The index as a database: what it holds of each file, and how that is looked up."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from tui.core.sessions.summary import FoundText, SessionSummary
from tui.core.text.words import JOINERS, Wanted, composed, spaced
from tui.storage.index.cache_database import CacheDatabase, Schema
from tui.storage.index.entries import IndexEntry, unpacked
from tui.storage.index.records import TABLES as RECORD_TABLES
from tui.storage.index.records import FileRecord, drop_records, put_records, records_in, stamps_in
from tui.storage.index.scan import FileKey

_TABLES = (
    """CREATE TABLE file (
        id INTEGER PRIMARY KEY, folder BLOB NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL, summary TEXT NOT NULL, reason TEXT NOT NULL, sum INTEGER NOT NULL,
        UNIQUE (folder, name)
    )""",
    "CREATE TABLE texts (file INTEGER PRIMARY KEY, packed BLOB NOT NULL)",
    "CREATE TABLE request (file INTEGER NOT NULL, run TEXT, model TEXT, mode TEXT, state TEXT)",
    "CREATE INDEX request_file ON request (file)",
    "CREATE TABLE score (file INTEGER NOT NULL, run TEXT, rater TEXT, criterion TEXT, value INTEGER, scale INTEGER)",
    "CREATE INDEX score_file ON score (file)",
    *RECORD_TABLES,
)
_KNOWN = "SELECT folder, name, sum, size, mtime_ns, summary, reason FROM file"
_TOKENIZER = f"unicode61 remove_diacritics 0 categories ''L* N* M* Co'' tokenchars ''{JOINERS}_''"
_WORDS = f"CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='{_TOKENIZER}')"

SCHEMA_READ = 2
"""The schema of the session files that were read: what was not understood then may be now."""
_LAYOUT = 2
"""To be raised when something else is read from a file than before, under the same names."""
VERSION = zlib.crc32(repr((_TABLES, _WORDS, SessionSummary._fields, SCHEMA_READ, _LAYOUT)).encode()) >> 1
"""An index of another version is thrown away."""
_SCHEMA = Schema(VERSION, _TABLES, _WORDS, "SELECT 1 FROM file, texts, request, score, record, shape LIMIT 0")


def index_path(cache: Path) -> Path:
    """Where the index lies in the cache folder."""
    return cache / "sessions.index"


class Known(NamedTuple):
    """What the index has of a file, without its texts."""

    size: int
    mtime_ns: int
    summary: str
    """As JSON; empty when the file cannot be read."""
    reason: str


class Read(NamedTuple):
    """What was read of a file, and what the file was then."""

    size: int
    mtime_ns: int
    entry: IndexEntry


class SessionIndex:
    """The index. Its methods may be called from any thread; several programs may use one file at the same time.

    None of them raises because of the file. Where that is out of reach the index goes on in memory; where it is
    damaged it begins from nothing, and `emptied` counts how often.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the index in this file, or with None one in memory that ends with the program."""
        self._database = CacheDatabase(path, _SCHEMA)

    def __enter__(self) -> SessionIndex:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def clear(self) -> None:
        """Forget everything: the file is made once more."""
        self._database.clear()

    @property
    def in_memory_because(self) -> str:
        """Why there is no file though one was asked for, as a sentence without its full stop; else empty."""
        return self._database.in_memory_because

    @property
    def emptied(self) -> int:
        """How often what it had was lost."""
        return self._database.emptied

    @property
    def full_text(self) -> bool:
        """Whether words are looked up. Without FTS5 in this Python's SQLite every text is gone through."""
        return self._database.do(_has_words)

    def stamps(self, folders: Iterable[str]) -> dict[FileKey, tuple[int, int]]:
        """Size and time of the files in these folders when they were read."""
        return {
            FileKey(folder, os.fsdecode(name)): (size, mtime_ns)
            for folder in folders
            for name, size, mtime_ns in self._rows(
                "SELECT name, size, mtime_ns FROM file WHERE folder = ?", os.fsencode(folder)
            )
        }

    def known(self, folders: Iterable[str]) -> dict[FileKey, Known]:
        """What the index has of the files in these folders. What is damaged in it is left out, and forgotten."""
        rows = [row for folder in folders for row in self._rows(f"{_KNOWN} WHERE folder = ?", os.fsencode(folder))]
        return self._checked(rows)

    def known_of(self, keys: Iterable[FileKey]) -> dict[FileKey, Known]:
        """The same of these files."""
        found = (self._rows(f"{_KNOWN} WHERE folder = ? AND name = ?", *_bytes(key)) for key in keys)
        return self._checked([row for rows in found for row in rows])

    def _checked(self, rows: Iterable[tuple[Any, ...]]) -> dict[FileKey, Known]:
        found: dict[FileKey, Known] = {}
        damaged: list[FileKey] = []
        decoded = cache(os.fsdecode)  # Thousands are in one folder.
        for folder, name, check, size, mtime_ns, summary, reason in rows:
            key = FileKey(decoded(folder), os.fsdecode(name))
            if check == _sum(size, mtime_ns, summary, reason):
                found[key] = Known(size, mtime_ns, summary, reason)
            else:
                damaged.append(key)
        self.drop(damaged)
        return found

    def put(self, entries: Mapping[FileKey, Read]) -> None:
        """Take in what was read of files."""
        self._database.do(lambda base: _put(base, entries), writes=True)

    def drop(self, keys: Iterable[FileKey], *, for_good: bool = False) -> None:
        """Leave files out. With `for_good` no word of them stays in the index's file either, which takes longer."""
        gone = list(keys)
        if gone:
            self._database.do(lambda base: _drop(base, gone, for_good=for_good), writes=True)

    def record_stamps(self, folders: Iterable[str], version: int) -> dict[FileKey, tuple[int, int]]:
        """Size and time of the files in these folders when what reports keep of them, in this version, was read."""
        return {
            key: stamp
            for folder in folders
            for key, stamp in self._database.do(lambda base, at=folder: stamps_in(base, at, version)).items()  # type: ignore[misc]
        }

    def records(self, folders: Iterable[str], version: int, *, figures: bool) -> dict[FileKey, FileRecord]:
        """What reports keep, in this version, of the files in these folders; with all `figures` where they are asked
        for. What is damaged in it is left out, and forgotten."""
        found: dict[FileKey, FileRecord] = {}
        for folder in folders:
            those, damaged = self._database.do(lambda base, at=folder: records_in(base, at, version, figures=figures))  # type: ignore[misc]
            found |= those
            if damaged:
                self._database.do(lambda base, gone=damaged: drop_records(base, gone), writes=True)  # type: ignore[misc]
        return found

    def put_records(self, records: Mapping[FileKey, FileRecord], version: int) -> None:
        """Take in what reports keep of files."""
        self._database.do(lambda base: put_records(base, records, version), writes=True)

    def drop_records(self, keys: Iterable[FileKey]) -> None:
        """Leave out what reports keep of these files."""
        gone = list(keys)
        if gone:
            self._database.do(lambda base: drop_records(base, gone), writes=True)

    def matching(self, sought: Sequence[Wanted]) -> set[FileKey]:
        """The files in which everything that is looked for stands."""
        if not sought:
            return set()
        if not self.full_text:
            return {key for key, texts in self._every_text() if _all_in(texts, sought)}
        # Quoted, for what people type is not to be read as a query.
        query = " AND ".join('"' + " ".join(one.words) + '"*' for one in sought)
        rows = self._rows(
            "SELECT folder, name FROM file WHERE id IN (SELECT rowid FROM words WHERE words MATCH ?)", query
        )
        return {FileKey(os.fsdecode(folder), os.fsdecode(name)) for folder, name in rows}

    def texts(self, key: FileKey) -> list[FoundText]:
        """The texts of a file; none when the index does not have it."""
        rows = self._rows("SELECT packed FROM texts JOIN file ON id = file WHERE folder = ? AND name = ?", *_bytes(key))
        return _unpacked(rows[0][0]) if rows else []

    def _every_text(self) -> Iterator[tuple[FileKey, list[FoundText]]]:
        """The texts of all files, one file after another: together they may not fit into memory."""
        for number, folder, name in self._rows("SELECT id, folder, name FROM file WHERE summary != ''"):
            for (data,) in self._rows("SELECT packed FROM texts WHERE file = ?", number):
                yield FileKey(os.fsdecode(folder), os.fsdecode(name)), _unpacked(data)

    def _rows(self, query: str, *values: str | bytes | int) -> list[tuple[Any, ...]]:
        return self._database.do(lambda base: base.execute(query, values).fetchall())


def _has_words(base: sqlite3.Connection) -> bool:
    try:
        base.execute("SELECT rowid FROM words LIMIT 1").fetchall()
    except sqlite3.Error:
        return False  # It was made without FTS5, or this SQLite has none.
    return True


def _put(base: sqlite3.Connection, entries: Mapping[FileKey, Read]) -> None:
    words = _has_words(base)
    for key, (size, mtime_ns, entry) in entries.items():
        _drop_one(base, key, words=words)
        number = base.execute(
            "INSERT INTO file (folder, name, size, mtime_ns, summary, reason, sum) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *_bytes(key),
                size,
                mtime_ns,
                entry.summary,
                entry.reason,
                _sum(size, mtime_ns, entry.summary, entry.reason),
            ),
        ).lastrowid
        if not entry.summary:
            continue
        base.execute("INSERT INTO texts VALUES (?, ?)", (number, entry.texts))
        base.executemany("INSERT INTO request VALUES (?, ?, ?, ?, ?)", ((number, *one) for one in entry.requests))
        base.executemany("INSERT INTO score VALUES (?, ?, ?, ?, ?, ?)", ((number, *one) for one in entry.scores))
        if words:
            base.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, _text_of(entry.texts)))


def _drop(base: sqlite3.Connection, keys: Sequence[FileKey], *, for_good: bool) -> None:
    words = _has_words(base)
    drop_records(base, keys)
    for key in keys:
        _drop_one(base, key, words=words)
    if words and for_good:
        # Else they would stay in the word lists, marked as deleted, until those are merged some day.
        base.execute("INSERT INTO words (words) VALUES ('optimize')")


def _drop_one(base: sqlite3.Connection, key: FileKey, *, words: bool) -> None:
    found = base.execute("SELECT id FROM file WHERE folder = ? AND name = ?", _bytes(key)).fetchone()
    if found is None:
        return
    packed = base.execute("SELECT packed FROM texts WHERE file = ?", found).fetchone()
    if words and packed is not None:
        base.execute("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", (*found, _text_of(packed[0])))
    for table in ("texts", "request", "score"):
        base.execute(f"DELETE FROM {table} WHERE file = ?", found)  # noqa: S608 - one of three names
    base.execute("DELETE FROM file WHERE id = ?", found)


def _text_of(data: bytes) -> str:
    """All texts of a file as one, as the words are taken from it: the same whenever it is asked."""
    return "\n".join(spaced(found.text) for found in _unpacked(data))


def _unpacked(data: bytes) -> list[FoundText]:
    """Raises sqlite3.DatabaseError for what was never packed: the file is damaged."""
    try:
        return unpacked(data)
    except (zlib.error, ValueError, TypeError) as error:
        raise sqlite3.DatabaseError("texts that cannot be unpacked") from error


def _all_in(texts: Iterable[FoundText], sought: Iterable[Wanted]) -> bool:
    composed_texts = [composed(found.text) for found in texts]
    return all(any(one.find(text) for text in composed_texts) for one in sought)


def _bytes(key: FileKey) -> tuple[bytes, bytes]:
    return os.fsencode(key.folder), os.fsencode(key.name)


def _sum(size: int, mtime_ns: int, summary: str, reason: str) -> int:
    """Notices a byte that flipped, which SQLite does not."""
    return zlib.crc32(f"{size} {mtime_ns} {summary} {reason}".encode())
