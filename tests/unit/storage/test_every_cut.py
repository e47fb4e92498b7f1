"""Wherever the program or the machine stops, everything that was acknowledged is in the session after the next start.

A sitting is kept by the real writer. Before and after each thing that it does to the disk (a write, a sync, a file put
in its place, a file removed) the folder is copied: that is what a killed program leaves. Of what a machine leaves that
loses its power, only what was synced is sure: the bytes of a file at its last sync, under the names that its folder had
at its own, or has by now.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.sessions import MS, SENT, WHEN, score, session, spec
from tests.support.sitting import Clock, ScriptedJobs
from tests.support.some import any_number_of, some
from tests.unit.storage.entries import Entry, folded, header, note_entry, run_entries, score_entry
from tui.core.errors import StoreError
from tui.core.requests import events as ev
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import Note
from tui.core.sessions.session import Session, SessionState
from tui.storage import save_pace
from tui.storage.journal import Journal
from tui.storage.session_files import load
from tui.storage.session_recovery import recover
from tui.storage.session_writer import Job, Save, WriterLoop

AFTER_ENTRY = "after an entry"
NAME = "20261122T110301Z-7f3a"
RUNS = ("r1", "r2", "r3")
"""Asked at once; they need not end in this order."""


# A sitting


class Sitting:
    """Three answers whose events come in some order, with scores, notes and facts that are learnt after an end.

    Its steps are made while it is kept, as the runner makes them: the requests of a snapshot learn later facts.
    """

    def __init__(self, order: Sequence[int], pauses: Sequence[float]) -> None:
        self.entries: list[Entry] = []
        """Everything that was recorded so far."""
        self._order, self._pauses = order, pauses
        self._session = _nothing_asked()

    def steps(self) -> Iterator[tuple[float, list[Job]]]:
        """The instants, and the writer's jobs that come then. Saves come as the runner asks for them."""
        made, at = self._session, 1000.0
        yield at, self._recorded(*header(_everything_asked()))
        left = {run: _heard(run) for run in RUNS}
        for run in RUNS:
            yield at, self._recorded(*run_entries(run, []))
            made.requests[run] = Request(spec(run), started=WHEN)
        for number, pick in enumerate(self._order):
            at += self._pauses[number % len(self._pauses)]
            run = RUNS[pick]
            if not left[run]:
                continue
            request, event = made.requests[run], left[run].pop(0)
            was_final = request.state.final
            yield at, self._recorded(ev.to_dict(event))
            request.fold(event)
            if request.state.final:
                yield at, [Save(self._snapshot(), soon=was_final)]
            if isinstance(event, ev.Ended):
                made.scores.append(score(run, 1 + number % 5))
                made.notes.append(Note(run, "ann", f"note {number}\n", WHEN))
                rated = self._recorded(score_entry(made.scores[-1]), note_entry(made.notes[-1]))
                yield at, [*rated, Save(self._snapshot(), soon=True)]
        for run, request in made.requests.items():
            if not request.state.final:
                stopped = ev.Cancelled(run, SENT + 900 * MS)
                yield at, self._recorded(ev.to_dict(stopped))
                request.fold(stopped)
                yield at, [Save(self._snapshot(), soon=False)]
        made.state = SessionState.FINISHED
        yield at, [Save(self._snapshot(), soon=False), None]

    def _recorded(self, *entries: Entry) -> list[Job]:
        self.entries += entries
        return [*entries]

    def _snapshot(self) -> Session:
        made = self._session
        return replace(
            made,
            requests={run: request for run, request in made.requests.items() if request.state.final},
            scores=list(made.scores),
            notes=list(made.notes),
        )


def _everything_asked() -> Session:
    made = session([folded(run, []) for run in RUNS])
    made.state = SessionState.RUNNING
    return made


def _nothing_asked() -> Session:
    return replace(_everything_asked(), requests={})


def _heard(run: str) -> list[ev.Event]:
    words = [f"{run} says ", "\N{WAVING HAND SIGN} ", '"quoted"\r\n', "and ends."]
    deltas = [
        ev.Delta(run, SENT + (90 + 10 * number) * MS, number, ev.Kind.ANSWER, word)
        for number, word in enumerate(words, 1)
    ]
    return [
        ev.Queued(run, SENT - MS), ev.Sent(run, SENT, 2 * MS), *deltas,
        ev.Ended(run, SENT + 500 * MS, "stop", done_marker=True), ev.Usage(run, 12, 4), ev.Memory(run, 5, 7_000_000),
    ]  # fmt: skip


# What is known of it, worked out without the program's own recovery


def facts_of(kept: Session) -> dict[str, Any]:
    """What must not be lost."""
    return {
        "plans": list(kept.plans), "models": list(kept.models), "prompts": list(kept.prompts),
        "runs": {run: _facts_of(request) for run, request in kept.requests.items()},
        "order": list(kept.requests),
        "scores": kept.scores, "notes": kept.notes,
    }  # fmt: skip


def _facts_of(request: Request) -> tuple[Any, ...]:
    sent = request.timestamps.sent or 0
    times = [at - sent for at in request.timestamps.at]
    return request.answer, request.state, request.started, request.usage, request.memory, times


def facts_after(entries: Sequence[Entry]) -> dict[str, Any]:
    """What is known after so many entries, when the program dies."""
    made, everything = replace(_nothing_asked(), plans={}, models={}, prompts={}), _everything_asked()
    for entry in entries:
        if "event" in entry:
            event = ev.from_dict(entry)
            made.requests[event.request].fold(event)
            continue
        ((kind, table),) = entry.items()
        if kind in ("plan", "model", "prompt"):
            getattr(made, kind + "s")[table["key"]] = getattr(everything, kind + "s")[table["key"]]
        elif kind == "request":
            made.requests[table["id"]] = Request(spec(table["id"]))
        elif kind == "started":
            made.requests[table["run"]].started = WHEN
        elif kind == "score":
            made.scores.append(score(table["run"], table["value"]))
        elif kind == "note":
            made.notes.append(Note(table["run"], table["rater"], table["text"], WHEN))
    for run, request in list(made.requests.items()):
        if request.started is None:
            del made.requests[run]
        elif not request.state.final:
            request.state = RequestState.CUT
    return facts_of(made)


# What the disk holds at each instant


@dataclass(frozen=True)
class Left:
    """What somebody finds after the program, or the machine, has stopped."""

    what: str
    folders: Path
    at_least: int
    """So many entries had been acknowledged."""
    at_most: int
    """So many had been given to the disk."""


class WatchedDisk:
    """Copies two folders before and after each thing that is done to them."""

    def __init__(
        self, root: Path, copies: Path, *, wanted: Collection[int] | None = None, full_at: int | None = None
    ) -> None:
        """Of the instants only the `wanted` are looked at, without any all of them. The `full_at`th thing that
        is to be done finds the disk full."""
        self.root, self.copies, self.wanted, self.full_at = root, copies, wanted, full_at
        self.left: list[Left] = []
        self.count = 0
        """Which instant this is."""
        self.tried = 0
        """How often something was about to be done."""
        self.given = self.appended = self.synced = 0
        """How many entries were given to a journal, had come back from there, and were synced."""
        self._bytes: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int]] = {}

    def look(self, what: str) -> None:
        """Copy everything, if this instant is wanted."""
        self.count += 1
        self.tried += what.startswith("before")
        if self.tried == self.full_at and what.startswith("before"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.wanted is not None and self.count not in self.wanted:
            return
        killed = self._copy_to(f"{self.count} killed")
        self.left.append(Left(f"{self.count}: killed {what}", killed, self.appended, self.given))
        for file in killed.rglob("*.tmp"):
            half = self._copy_to(f"{self.count} half") / file.relative_to(killed)
            half.write_bytes(half.read_bytes()[: file.stat().st_size // 2])
            self.left.append(Left(f"{self.count}: half {what}", half.parents[1], self.appended, self.given))
        if what == AFTER_ENTRY:
            torn = self._copy_to(f"{self.count} torn")
            for file in torn.rglob("*.jsonl"):
                file.write_bytes(file.read_bytes()[:-7])
            self.left.append(Left(f"{self.count}: torn {what}", torn, self.appended, self.given))
        if sys.platform != "win32":
            for name, listed in (("power", False), ("power and names", True)):
                off = self._after_power_loss(f"{self.count} {name}", listed=listed)
                self.left.append(Left(f"{self.count}: {name} lost {what}", off, self.synced, self.given))

    def synced_file(self, handle: int) -> None:
        """A file or a folder is on the disk as it is now."""
        status = os.fstat(handle)
        for place in [self.root, *self.root.rglob("*")]:
            if place.exists() and os.path.samestat(place.stat(), status):
                if place.is_dir():
                    self._names[place] = {file.name: file.stat().st_ino for file in place.iterdir() if file.is_file()}
                else:
                    self._bytes[status.st_ino] = place.read_bytes()

    def _copy_to(self, name: str) -> Path:
        copy = self.copies / name
        shutil.copytree(self.root, copy, ignore=shutil.ignore_patterns("*.lock"))  # Its program is dead.
        return copy

    def _after_power_loss(self, name: str, *, listed: bool) -> Path:
        copy = self.copies / name
        for folder in (self.root / "sessions", self.root / "state"):
            (copy / folder.name).mkdir(parents=True)
            by_now = {file.name: file.stat().st_ino for file in folder.iterdir()} if folder.exists() else {}
            for file, inode in (self._names.get(folder, {}) if listed else by_now).items():
                if not file.endswith(".lock"):
                    (copy / folder.name / file).write_bytes(self._bytes.get(inode, b""))
        return copy


@pytest.fixture
def slow_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some saves are paid for, and some wait: the files here are of 1 or 2 kB."""
    monkeypatch.setattr(save_pace, "BYTES_PER_SECOND", 1_000)


def keep(made: Sitting, disk: WatchedDisk, monkeypatch: pytest.MonkeyPatch) -> tuple[WriterLoop, list[StoreError]]:
    """Have the real writer keep a sitting on a watched disk."""
    real = {"fsync": os.fsync, "replace": Path.replace, "unlink": Path.unlink}
    real_append, real_sync = Journal.append, Journal.sync

    class WatchedFile(io.FileIO):
        def write(self, data: Any) -> int:
            disk.look("before an entry")
            done = super().write(data)
            disk.look(AFTER_ENTRY)
            return done

    def fsync(handle: int) -> None:
        disk.look("before a sync")
        real["fsync"](handle)
        disk.synced_file(handle)
        disk.look("after a sync")

    def put(path: Path, target: Path) -> Path:
        disk.look("before a file is put in its place")
        done: Path = real["replace"](path, target)
        disk.look("after a file was put in its place")
        return done

    def unlink(path: Path, missing_ok: bool = False) -> None:
        disk.look(f"before {path.suffix} is removed")
        real["unlink"](path, missing_ok)
        disk.look(f"after {path.suffix} was removed")

    def append(journal: Journal, *entries: Entry) -> int:
        disk.given += len(entries)
        size = real_append(journal, *entries)
        disk.appended += len(entries)
        return size

    def sync(journal: Journal) -> None:
        real_sync(journal)
        disk.synced = disk.appended

    problems: list[StoreError] = []
    clock = Clock()
    with monkeypatch.context() as patched:
        patched.setattr(io, "FileIO", WatchedFile)
        patched.setattr(os, "fsync", fsync)
        patched.setattr(Path, "replace", put)
        patched.setattr(Path, "unlink", unlink)
        patched.setattr(Journal, "append", append)
        patched.setattr(Journal, "sync", sync)
        loop = WriterLoop(disk.root / "sessions" / f"{NAME}.toml", NAME, disk.root / "state", problems.append, clock)
        loop.run(ScriptedJobs(clock, made.steps()))
    return loop, problems


def check(left: Left, entries: Sequence[Entry]) -> None:
    """What is left becomes a session with everything that was acknowledged, and nothing that never was."""
    file = left.folders / "sessions" / f"{NAME}.toml"
    for found in any_number_of(recover(left.folders / "sessions", left.folders / "state")):
        assert found.problem is None or left.at_least == 0, (left.what, found.problem)
    if not file.exists():
        assert left.at_least == 0, f"{left.what}: nothing is left"
        return
    now = facts_of(load(file))
    possible = [facts_after(entries[:count]) for count in range(left.at_least, left.at_most + 1)]
    assert now in possible, f"{left.what}: {now} instead of {possible[0]}"
    assert sorted(path.name for path in left.folders.rglob("*.*") if path.suffix != ".lock") == [file.name]


ORDER = [0, 1, 0, 1, 2, 1, 1, 1, 1, 1, 0, 0, 2, 1, 0, 0, 0, 2, 2, 0, 0, 2, 2]
"""The second answer ends first; something is learnt of it while the others run, and the third is stopped."""
PAUSES = [0.05, 0.0, 0.4, 0.0, 2.0]
"""Seconds: some saves come together, some must wait until they are paid for, some are paid for by time."""


@pytest.mark.slow
@pytest.mark.usefixtures("slow_pace")
def test_a_cut_at_any_instant_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, disk = Sitting(ORDER, PAUSES), WatchedDisk(tmp_path / "disk", tmp_path / "left")
    loop, problems = keep(made, disk, monkeypatch)
    assert loop.complete and not problems
    whats = " ".join(left.what for left in disk.left)
    for expected in ("before a sync", "after a file was put in its place", "half", "torn", "after .jsonl was removed"):
        assert expected in whats
    for left in some(disk.left):
        check(left, made.entries)


@pytest.mark.slow
@pytest.mark.usefixtures("slow_pace")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.integers(0, 2), max_size=30),
    pauses=st.lists(st.sampled_from([0.0, 0.05, 0.3, 1.5]), min_size=1, max_size=5),
    wanted=st.sets(st.integers(1, 150), min_size=3, max_size=8),
)
def test_so_does_a_cut_of_any_other_sitting(
    order: list[int],
    pauses: list[float],
    wanted: set[int],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("sitting")
    made, disk = Sitting(order, pauses), WatchedDisk(folder / "disk", folder / "left", wanted=wanted)
    loop, _ = keep(made, disk, monkeypatch)
    assert loop.complete
    for left in disk.left:
        check(left, made.entries)
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.usefixtures("slow_pace")
def test_a_disk_that_is_full_at_any_instant_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = WatchedDisk(tmp_path / "counted", tmp_path, wanted=())
    keep(Sitting(ORDER, PAUSES), counted, monkeypatch)
    for instant in some(range(1, counted.tried + 1)):
        made, disk = Sitting(ORDER, PAUSES), WatchedDisk(tmp_path / str(instant), tmp_path, wanted=(), full_at=instant)
        loop, problems = keep(made, disk, monkeypatch)
        left = Left(f"{instant}: full", disk.root, len(made.entries), len(made.entries))
        assert problems or loop.complete, left.what
        if loop.complete:
            assert facts_of(load(disk.root / "sessions" / f"{NAME}.toml")) == facts_after(made.entries), left.what
        check(left, made.entries)
