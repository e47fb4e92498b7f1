"""A SQLite file that holds copies alone, so that whatever is wrong with it, it is thrown away and made once more."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tui import private_files
from tui.core.errors import reason_of
from tui.files import is_there, refuse_irregular

_WAIT_S = 2.0
"""For another program that writes."""
_OUT_OF_REACH = {
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_AUTH,
}  # fmt: skip
"""Failures that do not mean that the file is damaged."""
_DAMAGED = (sqlite3.Error, ValueError, TypeError, LookupError, AttributeError)
"""How work fails on rows of a damaged file: SQLite gives whatever is there, of any type, whatever the column's is."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Schema:
    """The tables of a file."""

    version: int
    """A file of another version is thrown away."""
    tables: Sequence[str]
    """What makes them."""
    optional: str
    """What makes a table that not every SQLite can have."""
    probe: str
    """A query that fails where a table is missing."""


class CacheDatabase:
    """Work is done in it from any thread; several programs may use one file at the same time.

    Nothing is raised because of the file. Where that is out of reach the work goes on in memory; where it is damaged it
    begins from nothing, and `emptied` counts how often.
    """

    def __init__(self, path: Path | None, schema: Schema) -> None:
        """Open this file, or with None one in memory that ends with the program."""
        self._lock = threading.RLock()
        self._path = path
        self._schema = schema
        self.in_memory_because = ""
        """Why there is no file though one was asked for, as a sentence without its full stop."""
        self.emptied = 0
        """How often what it had was lost."""
        self._base = self._open()

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._base.close()

    def clear(self) -> None:
        """Forget everything: the file is made once more."""
        with self._lock:
            self._base.close()
            if self._path is not None and not self.in_memory_because:
                _remove(self._path)
            self._base = self._open()
            self.emptied += 1

    def do(self, work: Callable[[sqlite3.Connection], _T], *, writes: bool = False) -> _T:
        """Do it in a transaction; once more where the file had to be given up. Work that makes of its rows what they
        mean does so here, for damage may show only then."""
        with self._lock:
            for _ in range(2):
                try:
                    return _in_transaction(self._base, work, writes=writes)
                except _DAMAGED as error:
                    import traceback

                    # A row that is still being read keeps the file open, and Windows removes none that is.
                    traceback.clear_frames(error.__traceback__)
                    self._give_up(error)
            return _in_transaction(self._base, work, writes=writes)

    def _give_up(self, error: Exception) -> None:
        """Go on without the file, or with another."""
        out_of_reach = _is_out_of_reach(error)
        before, path = self._base, self._path
        if path is None or self.in_memory_because:
            self._base, self.emptied = _in_memory(self._schema), self.emptied + 1
        elif out_of_reach:
            self.in_memory_because = _because(path, error)
            self._base = _in_memory(self._schema)
            self.emptied += not _copied(before, self._base, self._schema)
        before.close()
        if path is not None and not self.in_memory_because:
            _remove(path)
            self._base, self.emptied = self._open(), self.emptied + 1

    def _open(self) -> sqlite3.Connection:
        path = self._path
        if path is None or self.in_memory_because:
            return _in_memory(self._schema)
        try:
            for file in reversed(_files(path)):
                refuse_irregular(file)  # SQLite would open a pipe, and wait for ever for whoever writes into it.
        except OSError as error:
            self.in_memory_because = _because(Path(error.filename or path), error)
            return _in_memory(self._schema)
        try:
            private_files.make_folder(path.parent)
            os.close(private_files.opener(str(path), os.O_RDWR | os.O_CREAT))
            try:
                return _opened(path, self._schema)
            except sqlite3.Error as error:
                if _is_out_of_reach(error):
                    raise
                _remove(path)
                os.close(private_files.opener(str(path), os.O_RDWR | os.O_CREAT))
                return _opened(path, self._schema)
        except (OSError, sqlite3.Error) as error:
            self.in_memory_because = _because(path, error)
        memory = _in_memory(self._schema)
        if is_there(path):
            _copy_file(path, memory, self._schema)
        return memory


def _because(path: Path, error: Exception) -> str:
    return f"The index {path} cannot be used: {reason_of(error)}"


def _is_out_of_reach(error: Exception) -> bool:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF in _OUT_OF_REACH


def _in_transaction(base: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T], *, writes: bool) -> _T:
    base.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    try:
        result = work(base)
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            base.execute("ROLLBACK")
        raise
    base.execute("COMMIT")
    return result


def _connected(name: str, *, uri: bool = False) -> sqlite3.Connection:
    base = sqlite3.connect(name, timeout=_WAIT_S, isolation_level=None, check_same_thread=False, uri=uri)
    # What is deleted is written over: people's prompts are not to be found in what is left of the file.
    base.execute("PRAGMA secure_delete = ON")
    return base


def _opened(path: Path, schema: Schema) -> sqlite3.Connection:
    """Raises sqlite3.Error when the file is damaged or out of reach."""
    base = _connected(str(path))
    try:
        base.execute("PRAGMA synchronous = NORMAL")
        _prepare(base, schema)
    except UnicodeError as error:  # The schema is no text: Python reads it before SQLite complains.
        base.close()
        raise sqlite3.DatabaseError("an index whose schema is no text") from error
    except BaseException:
        base.close()
        raise
    return base


def _in_memory(schema: Schema) -> sqlite3.Connection:
    base = _connected(":memory:")
    _prepare(base, schema)
    return base


def _prepare(base: sqlite3.Connection, schema: Schema) -> None:
    """Make the tables where there are none. Raises sqlite3.Error for those of another version."""
    if _version(base) == schema.version:
        base.execute(schema.probe)
        return
    base.execute("BEGIN IMMEDIATE")
    try:
        found = _version(base)  # Another program may have made them meanwhile.
        if found not in (0, schema.version):
            raise sqlite3.DatabaseError(f"an index of version {found}")
        if found == 0:
            for table in schema.tables:
                base.execute(table)
            with contextlib.suppress(sqlite3.OperationalError):
                base.execute(schema.optional)
            base.execute(f"PRAGMA user_version = {schema.version}")
        base.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            base.execute("ROLLBACK")
        raise


def _version(base: sqlite3.Connection) -> int:
    version: int = base.execute("PRAGMA user_version").fetchone()[0]
    return version


def _copied(before: sqlite3.Connection, base: sqlite3.Connection, schema: Schema) -> bool:
    """Take over what can be read of an index; whether it could."""
    try:
        before.backup(base)
        _prepare(base, schema)
    except (sqlite3.Error, UnicodeError):
        return False
    return True


def _copy_file(path: Path, base: sqlite3.Connection, schema: Schema) -> None:
    """Take over an index whose file can only be read."""
    with contextlib.suppress(sqlite3.Error, ValueError):
        read_only = _connected(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            if _version(read_only) == schema.version:
                read_only.backup(base)
        finally:
            read_only.close()


def _remove(path: Path) -> None:
    """Remove the index's files. One that another program holds stays, which whoever opens it finds out."""
    for file in _files(path):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def _files(path: Path) -> list[Path]:
    """The files of an index, that which has the others last."""
    return [*(path.with_name(f"{path.name}-{name}") for name in ("journal", "wal", "shm")), path]
