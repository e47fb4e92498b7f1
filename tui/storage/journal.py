"""What happened since the session file was last written, one JSON object a line, so that a crash loses nothing."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from tui import private_files
from tui.core.dict_reader import Table
from tui.core.errors import StoreError
from tui.files import open_regular, refuse_irregular
from tui.held_files import patiently
from tui.storage.atomic_file import store_error, sync_folder

SUFFIX = ".journal.jsonl"
_PIECE = 1 << 20


def journal_path(folder: Path, session_id: str) -> Path:
    """Where a session's journal lies."""
    return folder / f"{session_id}{SUFFIX}"


class Journal:
    """A journal being written. Its file is made by the first entry; an older one of the same name is continued."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.inherited = False
        """Whether it was begun by an earlier program, of whose entries this one knows nothing."""
        self._file: io.FileIO | None = None
        self._name_synced = False

    def append(self, *entries: Table) -> int:
        """Add entries and hand them to the operating system: they outlive the program, not yet the machine.

        How many bytes they took. Raises StoreError; what is in the file then ends with the entry before them.
        """
        # ASCII: half a character, which a chunk of a stream may hold, is no UTF-8 but can be escaped.
        try:
            lines = [json.dumps(entry, default=_as_text, separators=(",", ":")).encode("ascii") for entry in entries]
        except (TypeError, ValueError, RecursionError) as error:
            raise self._error(error) from error
        data = b"".join(line + b"\n" for line in lines)
        self._write([data])
        return len(data)

    @property
    def deleted(self) -> bool:
        """Whether somebody deleted the file under the program, or moved it away; what is written is then lost with
        the program."""
        if self._file is None:
            return False
        try:
            written, there = os.fstat(self._file.fileno()), self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False  # Unknown. What goes wrong with the file itself is reported when it is written.
        return written.st_nlink == 0 and not os.path.samestat(written, there)

    @property
    def own(self) -> bool:
        """Whether the file is there, and this program made it: another's of the same name is not."""
        if self._file is None or self.inherited:
            return False
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())
        except OSError:
            return False

    def copy_to(self, other: Journal) -> None:
        """Write everything that this file holds, deleted or not, to the end of another journal.

        Raises StoreError; the other file is then as it was.
        """
        if self._file is not None:
            other._write(self._pieces(self._file))
            other.inherited |= self.inherited

    def sync(self) -> None:
        """Put everything on the disk, the file's name too. Raises StoreError."""
        if self._file is not None:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise self._error(error) from error
            if not self._name_synced:
                sync_folder(self.path.parent)
                self._name_synced = True

    def close(self) -> None:
        """Put everything on the disk and leave the file. Raises StoreError, with the file left all the same."""
        try:
            self.sync()
        finally:
            self._leave()

    def remove(self) -> None:
        """Leave the file and delete it. Raises StoreError."""
        self._leave()
        try:
            patiently(lambda: self.path.unlink(missing_ok=True), self.path)
        except OSError as error:
            raise self._error(error) from error

    def _leave(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:  # Network drives tell of a full disk only here.
                raise self._error(error) from error

    def _pieces(self, file: io.FileIO) -> Iterator[bytes]:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece

    def _write(self, pieces: Iterable[bytes]) -> None:
        """Add all of this or, when that fails, nothing. Raises StoreError."""
        try:
            file = self._file = self._file or self._open()
            start = file.seek(0, os.SEEK_END)
            try:
                for piece in pieces:
                    written = 0
                    while written < len(piece):
                        written += file.write(piece[written:])
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(start)
                raise
        except OSError as error:
            raise self._error(error) from error

    def _open(self) -> io.FileIO:
        private_files.make_folder(self.path.parent)
        refuse_irregular(self.path)
        file = patiently(lambda: io.FileIO(self.path, "a+", opener=private_files.opener), self.path)
        if file.seek(0, os.SEEK_END):
            self.inherited = True
            file.write(b"\n")  # Its last line may be torn; this one begins on a line of its own.
        return file

    def _error(self, error: Exception) -> StoreError:
        return store_error(f"{self.path.name} could not be written", self.path.parent, error)


def read_entries(path: Path, skip: Callable[[bytes], bool] = lambda line: False) -> Iterator[Table]:
    """The entries of a journal. Raises ValueError when a line cannot be read, OSError when the file cannot.

    Lines that `skip` accepts are left out unread; reading them is what takes long.
    A line torn by a crash is skipped: it is the last, or what follows is the beginning of another program's entries.
    """
    torn: int | None = None
    with open_regular(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or (torn is None and skip(line)):
                continue
            entry = _entry(line)
            if entry is not None and (torn is None or "session" in entry):
                torn = None
                yield entry
            elif torn is None:
                torn = number
            else:
                raise ValueError(f"line {torn} is damaged")


def _entry(line: bytes) -> Table | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
