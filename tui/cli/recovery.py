"""Sessions that a program left behind when it died: they are completed beside a command's own work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from queue import SimpleQueue

from tui.background import in_thread
from tui.core.errors import CompareError, reason_of
from tui.files import is_there
from tui.storage import paths

_LARGE = 1_000_000
"""Bytes of a journal from which on completing a session is announced: it takes a while."""
_PATIENCE_S = 2.0
"""Seconds that a command waits at its end: what is not completed by then is at the next start."""


def recover_and_tell(directory: Path, tell: Callable[[str | CompareError], object]) -> None:
    """Bring back what a program that died left behind, and tell of it."""
    from tui.storage.session_recovery import recover

    def began(journal: Path) -> None:
        size = journal.stat().st_size
        if size > _LARGE:
            tell(f"A session is being completed from its journal ({size / 1e6:.0f} MB): {journal.name} …")

    for found in recover(directory, paths.state_dir(), began):
        if found.problem is not None:
            tell(found.problem)
        else:
            tell(
                f"A session whose file was not complete has been completed from its journal (answers: {found.answers}, "
                f"scores: {found.scores}): {found.path.name}."
            )


class Recovery:
    """The sessions of one folder, completed in a thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._told: SimpleQueue[str | CompareError] = SimpleQueue()
        self._done: Future[None] | None = None

    def begin(self) -> None:
        """Begin, once."""
        if self._done is None:
            self._done = in_thread(lambda: recover_and_tell(self._directory, self._told.put), "recovery")

    def told(self, *, to_the_end: bool = False) -> Iterator[str]:
        """What there is to tell since the last call, as sentences; `to_the_end` waits a little for the last of it."""
        if self._done is not None and to_the_end:
            wait([self._done], _PATIENCE_S)
            if self._done.done() and (error := self._done.exception()) is not None:
                yield f"Sessions that were broken off could not be completed. {reason_of(error)}"
        while not self._told.empty():
            what = self._told.get()
            yield what if isinstance(what, str) else what.sentence()


def only_in_journals(folders: Sequence[Path]) -> Iterator[Path]:
    """The journals in these folders whose session has no file, and that no program writes to."""
    from tui.storage.file_lock import holder, lock_path
    from tui.storage.journal import SUFFIX

    for folder in folders:
        try:
            journals = sorted(folder.glob(f"*{SUFFIX}"))
        except OSError:
            continue  # It is said of the folder that it cannot be listed.
        for journal in journals:
            name = journal.name.removesuffix(SUFFIX)
            open_elsewhere = holder(lock_path(folder, name)) is not None
            if not open_elsewhere and not any(is_there(one / f"{name}.toml") for one in folders):
                yield journal
