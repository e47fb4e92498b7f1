"""Makes session files of the journals that a program left behind when it died."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from glob import escape
from os.path import lexists
from pathlib import Path

from tui.core.errors import CompareError
from tui.files import is_missing, is_there
from tui.held_files import patiently
from tui.storage.atomic_file import store_error
from tui.storage.file_lock import SessionLock, lock_holder, lock_path
from tui.storage.journal import SUFFIX
from tui.storage.journal_replay import completed
from tui.storage.session_files import load_whole, save


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was made of one session's journal."""

    path: Path
    """The session file; the journal when there is a problem."""
    answers: int = 0
    """Requests that the session file lacked, or of which it lacked something."""
    scores: int = 0
    problem: CompareError | None = None
    """Why the journal was left where it is."""


def recover(
    directory: Path, spare: Path | None = None, began: Callable[[Path], None] = lambda journal: None
) -> list[Recovered]:
    """Bring the journals in `directory`, and those in `spare` that could not be there, into session files.

    Sessions that another program has open are left alone. `began` is given each journal before it is read, which for
    a large one takes seconds.
    """
    folders = [directory] if spare is None or spare == directory else [directory, spare]
    names: set[str] = set()
    results: list[Recovered] = []
    for folder in folders:
        try:
            names |= {path.name.removesuffix(SUFFIX) for path in folder.glob("*" + SUFFIX)}
        except OSError as error:
            refused = store_error("Sessions that were broken off could not be looked for", folder, error)
            results.append(Recovered(folder, problem=refused))
    for name in sorted(names):
        journals = [folder / f"{name}{SUFFIX}" for folder in folders]
        first = next((path for path in journals if lexists(path)), journals[0])
        try:
            result = _recover_unless_open(directory, name, journals, began)
        except CompareError as error:
            result = Recovered(first, problem=error)
        except OSError as error:
            result = Recovered(first, problem=store_error(f"{first.name} could not be recovered", directory, error))
        if result is not None:
            results.append(result)
    return results


def recover_session(path: Path, spare: Path) -> None:
    """Bring the journals of one session into its file, unless another program has it open.

    Raises CompareError when they cannot be understood, OSError when the folder cannot be written; they stay then.
    """
    folders = dict.fromkeys([path.parent, spare])
    journals = [folder / f"{path.stem}{SUFFIX}" for folder in folders]
    _recover_unless_open(path.parent, path.stem, journals, lambda journal: None)


def sessions_only_in_journals(folders: Sequence[Path]) -> Iterator[Path]:
    """The journals in these folders whose session has no file, and that no program writes to."""
    for folder in folders:
        try:
            journals = sorted(folder.glob(f"*{SUFFIX}"))
        except OSError:
            continue  # Whoever lists the folder's sessions says that it cannot be listed.
        for journal in journals:
            name = journal.name.removesuffix(SUFFIX)
            open_elsewhere = lock_holder(lock_path(folder, name)) is not None
            if not open_elsewhere and not any(is_there(one / f"{name}.toml") for one in folders):
                yield journal


def _recover_unless_open(
    directory: Path, name: str, journals: Sequence[Path], began: Callable[[Path], None]
) -> Recovered | None:
    # The locks beside the journals come first: a program that writes to the spare folder may have none in the other.
    folders = dict.fromkeys([*(path.parent for path in journals if lexists(path)), directory])
    with ExitStack() as held:
        for folder in folders:
            lock = SessionLock(lock_path(folder, name))
            if not lock.acquire():
                return None
            held.callback(lock.release)
        left = [path for path in journals if lexists(path) and not _removed_as_empty(path)]
        for path in left[:1]:
            began(path)
        return _recover(directory / f"{name}.toml", left) if left else None


def _removed_as_empty(journal: Path) -> bool:
    empty = journal.is_file() and journal.stat().st_size == 0
    if empty:
        patiently(journal.unlink, journal)
    return empty


def _recover(path: Path, journals: Sequence[Path]) -> Recovered:
    found = completed(None if is_missing(path) else load_whole(path), journals)
    if found.changed:
        save(found.session, path)
    half_written = path.parent.glob(f"{escape(path.name)}.*.tmp")
    for file in (*journals, *half_written):
        patiently(partial(file.unlink, missing_ok=True), file)
    return Recovered(path, found.answers, found.scores)
