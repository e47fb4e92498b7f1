"""The index as a database: what it holds of each file, and how that is looked up."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from tui.core.sessions.summary import FoundText, SessionSummary
from tui.core.text.words import JOINERS, Wanted, composed, spaced
from tui.storage.index.cache_database import CacheDatabase, Schema
from tui.storage.index.entries import IndexEntry, unpacked
from tui.storage.index.records import TABLES as RECORD_TABLES
from tui.storage.index.records import FileRecord, drop_records, put_records, records_in
from tui.storage.index.scan import FileKey, FileStamp, as_bytes, name_from

_TABLES = (
    """CREATE TABLE file (
        id INTEGER PRIMARY KEY, folder BLOB NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL, summary TEXT NOT NULL, reason TEXT NOT NULL,
        sum INTEGER NOT NULL, UNIQUE (folder, name)
    )""",
    "CREATE TABLE texts (file INTEGER PRIMARY KEY, sum_of_texts INTEGER NOT NULL, packed BLOB NOT NULL)",
    "CREATE TABLE sum_of_words (sum INTEGER NOT NULL)",
    "CREATE TABLE request (file INTEGER NOT NULL, run TEXT, model TEXT, mode TEXT, state TEXT)",
    "CREATE INDEX request_file ON request (file)",
    "CREATE TABLE score (file INTEGER NOT NULL, run TEXT, rater TEXT, criterion TEXT, value INTEGER, scale INTEGER)",
    "CREATE INDEX score_file ON score (file)",
    *RECORD_TABLES,
)
_K = TypeVar("_K")
_V = TypeVar("_V")

_KNOWN = "SELECT id, name, sum, size, mtime_ns, changed_ns, summary, reason FROM file"
_TOKENIZER = f"unicode61 remove_diacritics 0 categories ''L* N* M* Co'' tokenchars ''{JOINERS}_''"
_WORDS = f"CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='{_TOKENIZER}')"

SCHEMA_READ = 2
"""The schema of the session files that were read: what was not understood then may be now."""
_LAYOUT = 2
"""To be raised when something else is read from a file than before, under the same names."""
VERSION = zlib.crc32(repr((_TABLES, _WORDS, SessionSummary._fields, SCHEMA_READ, _LAYOUT)).encode()) >> 1
"""An index of another version is thrown away."""
_PROBE = "SELECT 1 FROM file, texts, sum_of_words, request, score, record, shape LIMIT 0"
_SCHEMA = Schema(VERSION, _TABLES, _WORDS, _PROBE)


def index_path(cache: Path) -> Path:
    """Where the index lies in the cache folder."""
    return cache / "sessions.index"


class Known(NamedTuple):
    """What the index has of a file, without its texts."""

    stamp: FileStamp
    summary: str
    """As JSON; empty when the file cannot be read."""
    reason: str


class Read(NamedTuple):
    """What was read of a file, and what the file was then."""

    stamp: FileStamp
    entry: IndexEntry


class SessionIndex:
    """The index. Its methods may be called from any thread; several programs may use one file at the same time.

    None of them raises because of the file. Where that is out of reach the index goes on in memory; where it is
    damaged it begins from nothing, and `emptied` counts how often.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the index in this file, or with None one in memory that ends with the program."""
        self._database = CacheDatabase(path, _SCHEMA)
        self._forgotten = 0

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
    def lost(self) -> int:
        """How often something of what it had was found to be damaged, and forgotten: it is to be read again."""
        return self._database.emptied + self._forgotten

    @property
    def full_text(self) -> bool:
        """Whether words are looked up. Without FTS5 in this Python's SQLite every text is gone through."""
        return self._database.do(_has_words)

    def stamps(self, folders: Iterable[str]) -> dict[FileKey, FileStamp]:
        """The stamps of the files in these folders when they were read."""
        return self._of_each(_stamps_in, folders)

    def known(self, folders: Iterable[str]) -> dict[FileKey, Known]:
        """What the index has of the files in these folders. What is damaged in it is left out, and forgotten."""
        return self._without_damaged(self._of_each(_known_in, folders))

    def known_of(self, keys: Iterable[FileKey]) -> dict[FileKey, Known]:
        """The same of these files."""
        return self._without_damaged(self._of_each(_known_of, keys))

    def _of_each(
        self, look: Callable[[sqlite3.Connection, _K], Mapping[FileKey, _V]], of: Iterable[_K]
    ) -> dict[FileKey, _V]:
        places = list(of)
        return self._database.do(
            lambda base: {key: value for place in places for key, value in look(base, place).items()}
        )

    def _without_damaged(self, known: Mapping[FileKey, Known | None]) -> dict[FileKey, Known]:
        damaged = [key for key, found in known.items() if found is None]
        if damaged:
            self._forgotten += 1
            self.drop(damaged)
        return {key: found for key, found in known.items() if found is not None}

    def put(self, entries: Mapping[FileKey, Read]) -> None:
        """Take in what was read of files."""
        self._database.do(lambda base: _put(base, entries), writes=True)

    def drop(self, keys: Iterable[FileKey], *, for_good: bool = False) -> None:
        """Leave files out. With `for_good` no word of them stays in the index's file either, which takes longer."""
        gone = list(keys)
        if gone:
            self._database.do(lambda base: _drop(base, gone, for_good=for_good), writes=True)

    def records(self, folders: Iterable[str], version: int, *, figures: bool) -> dict[FileKey, FileRecord]:
        """What reports keep, in this version, of the files in these folders; with all `figures` where they are asked
        for. What is damaged in it is left out, and forgotten."""
        found: dict[FileKey, FileRecord] = {}
        for folder in folders:
            those, damaged = self._database.do(lambda base, at=folder: records_in(base, at, version, figures=figures))  # type: ignore[misc]
            found |= those
            if damaged:
                self._forgotten += 1
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
        return self._database.do(lambda base: _matching(base, query))

    def texts(self, key: FileKey) -> list[FoundText] | None:
        """The texts of a file; None when the index does not have them."""
        return self._database.do(lambda base: _texts_of(base, key))

    def _every_text(self) -> Iterator[tuple[FileKey, list[FoundText]]]:
        """The texts of all files, one file after another: together they may not fit into memory."""
        for key in self._database.do(_with_texts):
            yield key, self.texts(key) or []


def _has_words(base: sqlite3.Connection) -> bool:
    try:
        base.execute("SELECT rowid FROM words LIMIT 1").fetchall()
    except sqlite3.Error:
        return False  # It was made without FTS5, or this SQLite has none.
    return True


def _stamps_in(base: sqlite3.Connection, folder: str) -> dict[FileKey, FileStamp]:
    rows = base.execute("SELECT name, size, mtime_ns, changed_ns FROM file WHERE folder = ?", (os.fsencode(folder),))
    return {FileKey(folder, name_from(name)): (size, written, changed) for name, size, written, changed in rows}


def _known_in(base: sqlite3.Connection, folder: str) -> dict[FileKey, Known | None]:
    """What there is of the files in a folder; None for what is damaged."""
    rows = base.execute(f"{_KNOWN} WHERE folder = ?", (os.fsencode(folder),))
    return {FileKey(folder, name_from(row[1])): _checked(*row) for row in rows}


def _known_of(base: sqlite3.Connection, key: FileKey) -> dict[FileKey, Known | None]:
    row = base.execute(f"{_KNOWN} WHERE folder = ? AND name = ?", as_bytes(key)).fetchone()
    return {} if row is None else {key: _checked(*row)}


def _checked(number: int, name: bytes, check: int, *told: Any) -> Known | None:
    size, mtime_ns, changed_ns, summary, reason = told
    stamp = size, mtime_ns, changed_ns
    try:
        right = check == _sum(number, name, stamp, summary, reason)
    except (TypeError, ValueError, AttributeError):  # It is of another type.
        right = False
    return Known(stamp, summary, reason) if right else None


def _matching(base: sqlite3.Connection, query: str) -> set[FileKey]:
    _check_words(base)
    numbers = {number for (number,) in base.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,))}
    rows = base.execute(
        "SELECT file.id, file.folder, file.name, named.id FROM file"
        " LEFT JOIN file AS named ON named.folder = file.folder AND named.name = file.name"
        " WHERE file.id IN (SELECT rowid FROM words WHERE words MATCH ?)",
        (query,),
    ).fetchall()
    if {named for _, _, _, named in rows} != numbers or len(rows) != len(numbers):
        raise sqlite3.DatabaseError("words of files that are not there")
    return {FileKey(name_from(folder), name_from(name)) for _, folder, name, _ in rows}


def _check_words(base: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError where the word list is not what was written: it has no sums of its own, and would
    only find less."""
    if base.execute("SELECT 1 FROM file").fetchone() is None:
        return
    if base.execute("SELECT sum FROM sum_of_words").fetchone() != (_sum_of_words(base),):
        raise sqlite3.DatabaseError("a word list that is not what was written")


def _keep_sum_of_words(base: sqlite3.Connection, *, words: bool) -> None:
    """Note what the word list is; nothing where this program has not written the words, for it lacks them then."""
    base.execute("DELETE FROM sum_of_words")
    if words:
        base.execute("SAVEPOINT written")  # FTS5 writes then what it has in memory.
        base.execute("RELEASE written")
        base.execute("INSERT INTO sum_of_words VALUES (?)", (_sum_of_words(base),))


def _sum_of_words(base: sqlite3.Connection) -> int:
    """Over the tables that FTS5 looks words up in: a fiftieth of a second for those of 10,000 sessions."""
    total = 0
    for number, block in base.execute("SELECT id, block FROM words_data ORDER BY id"):
        total = zlib.crc32(block, zlib.crc32(b"%d" % number, total))
    for segment, term, page in base.execute("SELECT segid, term, pgno FROM words_idx ORDER BY segid, term"):
        total = zlib.crc32(b"%d %b %d" % (segment, term, page), total)
    return total


def _with_texts(base: sqlite3.Connection) -> list[FileKey]:
    rows = base.execute("SELECT folder, name FROM file WHERE summary != ''")
    return [FileKey(name_from(folder), name_from(name)) for folder, name in rows]


def _texts_of(base: sqlite3.Connection, key: FileKey) -> list[FoundText] | None:
    """Raises sqlite3.DatabaseError for the texts of another file, or none: the index is damaged."""
    query = "SELECT summary, sum_of_texts, packed FROM file LEFT JOIN texts ON id = file WHERE folder = ? AND name = ?"
    found = base.execute(query, as_bytes(key)).fetchone()
    if found is None or not found[0]:
        return None
    _, check, data = found
    if data is None or check != _sum_of_texts(key, data):
        raise sqlite3.DatabaseError("texts that are not those of the file")
    return _unpacked(data)


def _put(base: sqlite3.Connection, entries: Mapping[FileKey, Read]) -> None:
    words = _has_words(base)
    for key in entries:
        _drop_one(base, key, words=words)
    last = base.execute("SELECT coalesce(max(id), 0) FROM file").fetchone()[0]
    for number, (key, (stamp, entry)) in enumerate(entries.items(), last + 1):
        folder, name = as_bytes(key)
        check = _sum(number, name, stamp, entry.summary, entry.reason)
        base.execute(
            "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, folder, name, *stamp, entry.summary, entry.reason, check),
        )
        if not entry.summary:
            continue
        base.execute("INSERT INTO texts VALUES (?, ?, ?)", (number, _sum_of_texts(key, entry.texts), entry.texts))
        base.executemany("INSERT INTO request VALUES (?, ?, ?, ?, ?)", ((number, *one) for one in entry.requests))
        base.executemany("INSERT INTO score VALUES (?, ?, ?, ?, ?, ?)", ((number, *one) for one in entry.scores))
        if words:
            base.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, _text_of(entry.texts)))
    _keep_sum_of_words(base, words=words)


def _drop(base: sqlite3.Connection, keys: Sequence[FileKey], *, for_good: bool) -> None:
    words = _has_words(base)
    drop_records(base, keys)
    for key in keys:
        _drop_one(base, key, words=words)
    if words and for_good:
        # Else they would stay in the word lists, marked as deleted, until those are merged some day.
        base.execute("INSERT INTO words (words) VALUES ('optimize')")
    _keep_sum_of_words(base, words=words)


def _drop_one(base: sqlite3.Connection, key: FileKey, *, words: bool) -> None:
    found = base.execute("SELECT id FROM file WHERE folder = ? AND name = ?", as_bytes(key)).fetchone()
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


def _sum(number: int, name: bytes, stamp: FileStamp, summary: str, reason: str) -> int:
    """Notices a byte that flipped, which SQLite does not."""
    return zlib.crc32(f"{number} {stamp} {summary} {reason}".encode(), zlib.crc32(name))


def _sum_of_texts(key: FileKey, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(as_bytes(key)[1]))
