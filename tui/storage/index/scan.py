"""Which session files there are, by name, size and times: one look at their folders, and into none of the files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tui.core.errors import BadInputError, reason_of
from tui.storage.paths import state_dir

_JOURNAL = ".journal.jsonl"


class FileKey(NamedTuple):
    """What names a file in the index, whatever way led to it."""

    folder: str
    """With all symbolic links resolved."""
    name: str


FileStamp = tuple[int, int, int]
"""What tells whether a file is as it was: its bytes, when it was written, and when anything of it was changed last, in
ns. The first two stay the same where another file is put in its place together with its time."""
NEVER: FileStamp = (-1, -1, -1)
"""In place of the stamp of a file that cannot be looked at; and of one that is to be read again in any case."""
_MOST_NS = (1 << 63) - 1
"""What SQLite can store: clocks can be beyond."""


class SessionFile(NamedTuple):
    """A session's file, as its folder shows it."""

    place: Path
    """Its folder, as it was asked for."""
    name: str
    stamp: FileStamp

    @property
    def size(self) -> int:
        """In bytes."""
        return self.stamp[0]

    @property
    def mtime_ns(self) -> int:
        """When it was written."""
        return self.stamp[1]

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.place / self.name


@dataclass(frozen=True, slots=True)
class Scan:
    """The session files of some places."""

    files: dict[FileKey, SessionFile]
    folders: frozenset[str]
    """The folders that were listed whole, with symbolic links resolved: what is not in `files` is not there."""
    journals: frozenset[FileKey]
    """The files beside which, or in the state folder, a journal lies."""
    unlisted: tuple[BadInputError, ...] = ()
    """Folders that cannot be listed."""
    only_journals: bool = False
    """Whether there are journals whose session has no file: of programs that run or died."""


def scan(places: Sequence[Path]) -> Scan:
    """What is in these folders, and these files as they are given. A folder that is not there has nothing in it."""
    files: dict[FileKey, SessionFile] = {}
    folders: set[str] = set()
    stems: dict[str, set[str]] = {}
    unlisted: list[BadInputError] = []
    for place in places:
        if not os.path.isdir(place):  # noqa: PTH112 - never raises
            if os.path.lexists(place) or place.suffix == ".toml":
                files.setdefault(_key(place), SessionFile(place.parent, place.name, stamp_at(place)))
            continue
        folder = os.path.realpath(place)
        try:
            with os.scandir(place) as entries:
                stems[folder] = _take_in(entries, place, folder, files)
        except OSError as error:
            unlisted.append(BadInputError(f"The folder {place} cannot be listed", reason_of(error)))
        else:
            folders.add(folder)
    spare = _stems_in(state_dir())
    journals = frozenset(
        key for key in files if (stem := key.name.removesuffix(".toml")) in spare or stem in stems.get(key.folder, ())
    )
    names = {key.name.removesuffix(".toml") for key in files}
    alone = any(not found <= names for found in (spare, *stems.values()))
    return Scan(files, frozenset(folders), journals, tuple(unlisted), alone)


def _take_in(
    entries: Iterable[os.DirEntry[str]], place: Path, folder: str, files: dict[FileKey, SessionFile]
) -> set[str]:
    """Put the session files of a folder into `files`; returns the names of those that have a journal."""
    journals: set[str] = set()
    for entry in entries:
        name = entry.name
        if name.endswith(_JOURNAL):
            journals.add(name.removesuffix(_JOURNAL))
        if not name.endswith(".toml"):
            continue
        if entry.is_symlink():
            if not os.path.isdir(entry.path):  # noqa: PTH112 - never raises
                files.setdefault(_key(entry.path), SessionFile(place, name, stamp_at(entry.path)))
        elif not entry.is_dir():
            files.setdefault(FileKey(folder, name), SessionFile(place, name, stamp_at(entry.path)))
    return journals


def _stems_in(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name.removesuffix(_JOURNAL) for entry in entries if entry.name.endswith(_JOURNAL)}
    except OSError:
        return set()


def _key(path: str | Path) -> FileKey:
    return FileKey(*os.path.split(os.path.realpath(path)))


def key_of(path: Path) -> FileKey:
    """What names a file in the index. Never raises: a file that is not there has a key as well."""
    return _key(path)


def as_bytes(key: FileKey) -> tuple[bytes, bytes]:
    """Folder and name as the index stores them: a file may have any name."""
    return os.fsencode(key.folder), os.fsencode(key.name)


def name_from(stored: bytes) -> str:
    """A name that was stored so. Raises TypeError for anything else: no look for its bytes would find it."""
    if not isinstance(stored, bytes):
        raise TypeError(f"{type(stored)} in place of a name")
    return os.fsdecode(stored)


def stamp_at(path: str | Path) -> FileStamp:
    """The stamp of a file; `NEVER` where that cannot be known, so that whoever reads it says why.

    Asked of the file itself: what Windows tells of the entries of a folder may be older.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - of thousands
    except OSError:
        return NEVER
    written = found.st_mtime_ns
    # On Windows it is when the file was made, and a file that takes another's place can take that over, too.
    changed = 0 if sys.platform == "win32" else found.st_ctime_ns
    return found.st_size, written if -_MOST_NS <= written <= _MOST_NS else written % _MOST_NS, changed
