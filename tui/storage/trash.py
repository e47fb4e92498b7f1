"""Putting sessions away: into a folder `trash` beside them, back from there, or away for good.

A session moves with its further files, and never while a program has it open.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import escape
from itertools import count
from pathlib import Path

from tui import private_files
from tui.core.errors import BadInputError, CompareError, StoreError, reason_of
from tui.files import is_there
from tui.held_files import patiently
from tui.storage.atomic_file import sync_folder
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.journal import journal_path
from tui.storage.paths import sessions_dir, state_dir
from tui.storage.session_files import load
from tui.storage.session_parts import is_part, part_path
from tui.storage.session_recovery import recover_session

TRASH = "trash"
"""The folder, in each folder of sessions, of those that were put away."""
_SESSION_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}\b.*")


@dataclass(frozen=True, slots=True)
class Trashed:
    """A session that was put away."""

    path: Path
    """Where its first file was."""
    moved: tuple[tuple[Path, Path], ...]
    """Of each of its files where it was and where it is."""


def trash(path: Path) -> Trashed:
    """Put a session away.

    Raises BadInputError for what is no session, StoreError when it is open or cannot be moved.
    """
    if path.parent.name == TRASH:
        raise BadInputError(f"{path.name} is in the trash already")
    with _held(path) as files:
        folder = path.parent / TRASH
        title = f"{path.name} cannot be put into the trash"
        try:
            private_files.make_folder(folder)
        except OSError as error:
            raise StoreError(title, f"{folder}: {reason_of(error)}") from error
        names = (folder / _numbered(path.name, number) for number in count(1))
        new = next(name for name in names if not any(map(os.path.lexists, _parts_of(name, len(files)))))
        moved = tuple(zip(files, _parts_of(new, len(files)), strict=True))
        _move(moved, title)
    return Trashed(path, moved)


def restore(trashed: Trashed) -> None:
    """Bring a session back to where it was. Raises StoreError when something is there by now, or it cannot be moved."""
    title = f"{trashed.path.name} cannot be brought back"
    for old, _ in trashed.moved:
        if os.path.lexists(old):
            raise StoreError(title, f"There is another {old.name} in {old.parent} by now", "Move that one away.")
    _move([(new, old) for old, new in trashed.moved], title)


def in_trash(path: Path) -> Trashed:
    """The session that was put away, named by where it was or by where it is; of several of one name the last.

    Raises BadInputError when there is none.
    """
    if path.parent.name == TRASH:
        folder, name, wanted = path.parent, _NUMBERED.sub("", path.name), path.name
    else:
        folder, name, wanted = path.parent / TRASH, path.name, ""
    numbers = [n for n in _numbers_in(folder, name) if not wanted or _numbered(name, n) == wanted]
    if not numbers:
        raise BadInputError(f"There is no {name} in the trash", f"The trash is {folder}")
    first, now = folder.parent / name, folder / _numbered(name, max(numbers))
    parts = next(n for n in count(1) if not os.path.lexists(part_path(now, n + 1)))
    return Trashed(first, tuple(zip(_parts_of(first, parts), _parts_of(now, parts), strict=True)))


def forget(path: Path) -> list[Path]:
    """Delete a session for good, with all that belongs to it; returns the files that are gone.

    Raises BadInputError for what is no session, StoreError when it is open or cannot be deleted.
    """
    gone: list[Path] = []
    with _held(path, recovers=False) as files:
        beside = [journal_path(folder, path.stem) for folder in (path.parent, state_dir())]
        beside += [other for file in files for other in path.parent.glob(f"{escape(file.name)}.*.tmp")]
        for file in (*files, *beside):
            try:
                patiently(file.unlink, file)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StoreError(f"{file.name} cannot be deleted", f"{file}: {reason_of(error)}") from error
            gone.append(file)
        sync_folder(path.parent)
    return gone


_NUMBERED = re.compile(r"~\d+(?=\.toml\Z)")


def _numbered(name: str, number: int) -> str:
    """What a file is called in the trash, which may have others of its name."""
    return name if number == 1 else f"{name.removesuffix('.toml')}~{number}.toml"


def _parts_of(first: Path, parts: int) -> list[Path]:
    return [part_path(first, number) for number in range(1, parts + 1)]


def _numbers_in(folder: Path, name: str) -> list[int]:
    found = []
    with suppress(OSError):
        for other in folder.iterdir():
            if other.name == name:
                found.append(1)
            elif _NUMBERED.sub("", other.name) == name and (number := _NUMBERED.search(other.name)):
                found.append(int(number[0][1:]))
    return found


@contextmanager
def _held(path: Path, *, recovers: bool = True) -> Iterator[list[Path]]:
    """The files of a session, which no other program has open meanwhile.

    With `recovers` what a program that died left in a journal is taken in before.
    """
    files = _files_of(path)
    if recovers and any(is_there(journal_path(folder, path.stem)) for folder in (path.parent, state_dir())):
        with suppress(OSError, CompareError):
            recover_session(path, state_dir())
        if any(is_there(journal_path(folder, path.stem)) for folder in (path.parent, state_dir())):
            raise StoreError(
                f"{path.name} is left where it is",
                "A program has it open, or what one left behind when it died could not be taken in",
            )
        files = _files_of(path)
    locks = [SessionLock(lock_path(folder, path.stem)) for folder in dict.fromkeys((path.parent, state_dir()))]
    try:
        for lock in locks:
            try:
                held = lock.acquire()
            except OSError as error:
                raise StoreError(f"{path.name} is left where it is", f"{lock.path}: {reason_of(error)}") from error
            if not held:
                raise StoreError(f"{path.name} is left where it is", "Another program has it open")
        yield files
    finally:
        for lock in locks:
            lock.release()


def _files_of(path: Path) -> list[Path]:
    """The files of a session, the first of them first. Raises BadInputError when it is none, or not its first file."""
    if path.suffix != ".toml" or os.path.isdir(path):  # noqa: PTH112 - never raises
        raise BadInputError(f"{path} is no session", "A session's file is called NAME.toml")
    try:
        session = load(path)
    except BadInputError as error:
        if not os.path.lexists(path):
            raise
        ours = {os.path.realpath(sessions_dir()), os.path.realpath(sessions_dir() / TRASH)}
        if not _SESSION_NAME.fullmatch(path.stem) and os.path.realpath(path.parent) not in ours:
            raise BadInputError(f"{path} is left where it is", f"{error.title}: {error.detail}") from error
        return [path]
    if session.whole_id != session.id:
        raise BadInputError(f"{path.name} is a further file of a session", hint=f"Name {session.whole_id}.toml.")
    files = [path]
    with suppress(BadInputError):
        while is_part(load(part_path(path, len(files) + 1)), session):
            files.append(part_path(path, len(files) + 1))
    return files


def _move(moves: Sequence[tuple[Path, Path]], title: str) -> None:
    done: list[tuple[Path, Path]] = []
    try:
        for old, new in moves:
            patiently(lambda old=old, new=new: old.rename(new), old)  # type: ignore[misc]
            done.append((old, new))
    except OSError as error:
        for old, new in done:
            with suppress(OSError):
                new.rename(old)
        raise StoreError(title, f"{moves[0][0].parent}: {reason_of(error)}") from error
    for folder in {folder for old, new in moves for folder in (old.parent, new.parent)}:
        sync_folder(folder)
