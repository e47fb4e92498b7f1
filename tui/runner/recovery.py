"""Sessions that a program left behind when it died: they are completed beside other work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tui.background import in_thread
from tui.core.errors import CompareError, StoreError, reason_of
from tui.storage import paths

_LARGE = 1_000_000
"""Bytes of a journal from which on completing a session is announced: it takes a while."""
_PATIENCE_S = 2.0
"""Seconds that a command waits at its end: what is not completed by then is at the next start."""


@dataclass(frozen=True, slots=True)
class RecoveryBegan:
    """A session is being completed from a large journal."""

    journal: Path
    bytes: int


@dataclass(frozen=True, slots=True)
class SessionRecovered:
    """A session's file was completed from its journal, with so many answers and scores that it had lacked."""

    path: Path
    answers: int
    scores: int


@dataclass(frozen=True, slots=True)
class RecoveryFailed:
    """A session could not be completed; its journal was left where it is."""

    error: CompareError


RecoveryUpdate = RecoveryBegan | SessionRecovered | RecoveryFailed


def recover_sessions(directory: Path, on_update: Callable[[RecoveryUpdate], object]) -> None:
    """Complete the sessions in this folder that a program left behind when it died, and report each."""
    from tui.storage.session_recovery import recover

    def began(journal: Path) -> None:
        size = journal.stat().st_size
        if size > _LARGE:
            on_update(RecoveryBegan(journal, size))

    for found in recover(directory, paths.state_dir(), began):
        if found.problem is not None:
            on_update(RecoveryFailed(found.problem))
        else:
            on_update(SessionRecovered(found.path, found.answers, found.scores))


class BackgroundRecovery:
    """The sessions of one folder, completed in a thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._updates: SimpleQueue[RecoveryUpdate] = SimpleQueue()
        self._done: Future[None] | None = None

    def begin(self) -> None:
        """Begin, once."""
        if self._done is None:
            self._done = in_thread(lambda: recover_sessions(self._directory, self._updates.put), "recovery")

    def updates(self, *, to_the_end: bool = False) -> Iterator[RecoveryUpdate]:
        """What has happened since the last call; `to_the_end` waits up to two seconds for the last of it."""
        if self._done is not None and to_the_end:
            wait([self._done], _PATIENCE_S)
            if self._done.done() and (error := self._done.exception()) is not None:
                title = "Sessions that were broken off could not be completed"
                yield RecoveryFailed(StoreError(title, reason_of(error)))
        while not self._updates.empty():
            yield self._updates.get()
