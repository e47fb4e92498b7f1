"""Many session files read at once: by processes of their own, one for each processor, or here where they are few."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from tui.child.line_protocol import decode_line, encode_line
from tui.child.main_side import MainSide
from tui.child.process import ChildProcess, python_module
from tui.core.child_environment import ChildKind
from tui.core.dict_reader import Table
from tui.storage.index.entries import IndexEntry, read_entry
from tui.storage.index.scan import FileStamp, stamp_at

MANY = 200
"""Files from which on processes are started: their start takes as long as reading some fifty."""
MOST = 8
"""Processes at the most: one takes in what so many read."""
_AT_ONCE = 10
"""Files that a process is asked for together."""
_AHEAD = 100
"""Files that a process has at the most to read: so many take longer to read than what was read to be taken in."""

_Job = tuple[int, Path]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[_T]):
    """What is found out of each file."""

    module: str
    """The module whose process does it: it calls `serve`."""
    read: Callable[[Path], _T]
    """Never raises."""
    said: Callable[[_T], Mapping[str, Any]]
    """What was found as a message of such a process."""
    heard: Callable[[Table], _T]
    """What such a message says."""


def read_files(
    paths: Sequence[Path], processes: int | None = None
) -> Generator[tuple[int, FileStamp | None, IndexEntry]]:
    """What the index holds of these files; see `found_in`."""
    return found_in(paths, ENTRIES, processes)


def found_in(
    paths: Sequence[Path], reading: Reading[_T], processes: int | None = None
) -> Generator[tuple[int, FileStamp | None, _T]]:
    """What is in these files, each with its number among them and its stamp, in the order in which they were read.

    There is no stamp of a file that was changed while it was read.

    `processes` is how many read, by default as many as there are processors where the files are many. Whoever stops
    asking ends them.
    """
    if processes is None:
        processes = min(MOST, os.cpu_count() or 1) if len(paths) >= MANY else 0
    jobs = list(enumerate(paths))
    if not processes:
        yield from ((number, *_read(reading, path)) for number, path in jobs)
        return
    with _Readers(jobs, processes, reading) as readers:
        yield from readers.results()


def serve(reading: Reading[Any]) -> None:
    """Read what is asked for on stdin, until that ends: what such a process does."""
    asked: SimpleQueue[bytes] = SimpleQueue()
    program = MainSide(hear=asked.put)
    if hasattr(os, "nice"):
        os.nice(5)  # What answers and paints comes first.
    while True:
        for number, path in decode_line(asked.get())["files"]:
            stamp, found = _read(reading, Path(path))
            program.say(encode_line({"file": number, "stamp": stamp, **reading.said(found)}))


def _read(reading: Reading[_T], path: Path) -> tuple[FileStamp | None, _T]:
    # What is told of a file before it is read may be of another than the one that is read.
    before = stamp_at(path)
    found = reading.read(path)
    return (before if stamp_at(path) == before else None), found


class _Readers(Generic[_T]):
    """Processes that read, each with some files ahead so that it never waits for the next."""

    def __init__(self, jobs: Sequence[_Job], processes: int, reading: Reading[_T]) -> None:
        self._reading = reading
        self._waiting = list(reversed(jobs))
        self._ahead = max(2 * _AT_ONCE, min(_AHEAD, len(jobs) // (4 * processes)))  # Of few all get a share.
        self._left = dict(jobs)
        """What has not been read."""
        self._heard: SimpleQueue[tuple[int, Table | None]] = SimpleQueue()
        """A process, by its number, and what it said; None when it has ended."""
        self._owed = [0] * processes
        """How many files each was asked for and has not read."""
        self._processes: list[ChildProcess] = []
        for _ in range(processes):
            with suppress(OSError):  # No more can be started: the others read, or this one.
                self._processes.append(self._started(len(self._processes)))

    def __enter__(self) -> _Readers[_T]:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.end(0)

    def results(self) -> Iterator[tuple[int, FileStamp | None, _T]]:
        """What they read. What is left when all of them have ended is read here."""
        alive = set(range(len(self._processes)))
        for number in alive:
            self._ask(number)
        while self._left and alive:
            number, said = self._heard.get()
            if said is None:
                alive.discard(number)
                continue
            self._owed[number] -= 1
            self._ask(number)
            del self._left[said["file"]]
            stamp = said["stamp"]
            yield said["file"], None if stamp is None else tuple(stamp), self._reading.heard(said)
        for file, path in list(self._left.items()):
            yield file, *_read(self._reading, path)

    def _started(self, number: int) -> ChildProcess:
        def hear(lines: Sequence[bytes]) -> None:
            for line in lines:
                with suppress(ValueError):
                    self._heard.put((number, decode_line(line)))

        return ChildProcess(
            python_module(self._reading.module),
            ChildKind.READER,
            hear=hear,
            over=lambda process: self._heard.put((number, None)),
            max_line=-1,
        )

    def _ask(self, number: int) -> None:
        """Ask a process for files until it has enough ahead of it."""
        while self._waiting and self._owed[number] <= self._ahead - _AT_ONCE:
            jobs = [self._waiting.pop() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            self._owed[number] += len(jobs)
            with suppress(OSError, ValueError):  # It has ended, which is heard as well.
                self._processes[number].say(encode_line({"files": [(file, str(path)) for file, path in jobs]}))


def _said(entry: IndexEntry) -> Mapping[str, Any]:
    return {
        "summary": entry.summary, "reason": entry.reason, "requests": entry.requests, "scores": entry.scores,
        "passing": entry.passing, "texts": base64.b64encode(entry.texts).decode("ascii"),
    }  # fmt: skip


def _entry_of(said: Table) -> IndexEntry:
    return IndexEntry(
        said["summary"], said["reason"], base64.b64decode(said["texts"]), tuple(map(tuple, said["requests"])),
        tuple(map(tuple, said["scores"])), said["passing"],
    )  # fmt: skip


ENTRIES = Reading("tui.storage.index", read_entry, _said, _entry_of)
"""What the index holds for lists and searches."""
