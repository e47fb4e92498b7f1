"""The writer puts off the session's file, and nothing else: what it lacks is on the disk, in the journal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.sessions import score, session
from tests.support.sitting import Clock, ScriptedJobs
from tests.unit.storage.entries import folded, header, run_entries, score_entry, stream
from tui.core.errors import StoreError
from tui.core.sessions.session import Session
from tui.storage.journal import Journal, journal_path
from tui.storage.save_pace import BYTES_PER_SECOND
from tui.storage.session_files import load
from tui.storage.session_recovery import recover
from tui.storage.session_writer import Job, Save, WriterLoop

WORDS = [f"word {number} " for number in range(400)]
EVENTS = {run: stream(run, WORDS, ended=True) for run in ("r1", "r2")}
WHOLE = session([folded(run, events) for run, events in EVENTS.items()], scores=[score("r1")])
FIRST = replace(WHOLE, requests={"r1": WHOLE.requests["r1"]}, scores=[])
SCORED = replace(FIRST, scores=WHOLE.scores)
BEGIN: list[Job] = [*header(WHOLE), *run_entries("r1", EVENTS["r1"]), Save(FIRST, soon=False)]
SCORE: list[Job] = [score_entry(WHOLE.scores[0]), Save(SCORED, soon=True)]
NOTHING: list[Job] = [{"event": "cancelled", "request": "probe", "at": 5}]
"""An entry of no consequence, at whose instant a test looks."""

Look = Callable[[], object]


class Kept:
    """What one run of the writer's loop left, and what was seen while it ran."""

    def __init__(self, folder: Path, steps: list[tuple[float, list[Job] | Look]]) -> None:
        """Each step comes so many seconds after the first; one that is a function is called instead."""
        self.clock = Clock()
        self.path = folder / "sessions" / f"{WHOLE.id}.toml"
        self.journal = journal_path(self.path.parent, WHOLE.id)
        self.problems: list[StoreError] = []
        self._steps = steps
        self.loop = WriterLoop(self.path, WHOLE.id, folder / "state", self.problems.append, self.clock)

    def run(self) -> Kept:
        self.loop.run(ScriptedJobs(self.clock, self._jobs()))
        return self

    def _jobs(self) -> Iterator[tuple[float, list[Job]]]:
        began = self.clock.now
        for at, step in self._steps:
            if callable(step):
                yield began + at, NOTHING
                step()
            else:
                yield began + at, step


def kept_by(folder: Path, *steps: tuple[float, list[Job] | Callable[[Kept], object]]) -> Kept:
    made: Kept

    def bound(step: list[Job] | Callable[[Kept], object]) -> list[Job] | Look:
        return step if isinstance(step, list) else lambda: step(made)

    made = Kept(folder, [(at, bound(step)) for at, step in steps])
    return made.run()


def scores_in_file(kept: Kept) -> int:
    return len(load(kept.path).scores)


def test_a_score_waits_until_its_file_is_paid_for_and_no_longer(tmp_path: Path) -> None:
    seen: list[int] = []
    size: list[float] = []

    def look(kept: Kept) -> None:
        seen.append(scores_in_file(kept))
        size.append(kept.path.stat().st_size)

    kept = kept_by(tmp_path, (0, BEGIN), (0.1, SCORE), (0.5, look), (0.6, look), (5, look), (5, [None]))
    seconds = size[0] / BYTES_PER_SECOND
    assert 0.6 < seconds < 5
    assert seen == [0, 0, 1]
    assert not kept.problems


def test_what_waits_is_in_the_journal_and_on_the_disk_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[float] = []
    sync = Journal.sync
    made: list[Kept] = []

    def counted(journal: Journal) -> None:
        sync(journal)
        synced.append(made[0].clock.now)

    def look(kept: Kept) -> None:
        made.append(kept)
        monkeypatch.setattr(Journal, "sync", counted)

    more: list[Job] = [*run_entries("r2", EVENTS["r2"][:-3])]
    ended: list[Job] = [*run_entries("r2", EVENTS["r2"])[-3:], Save(WHOLE, soon=False)]
    kept_by(tmp_path, (0, BEGIN), (2.0, look), (2.0, more), (2.1, ended), (2.2, NOTHING), (9, [None]))
    assert min(synced) == pytest.approx(1002.1), "not a second after its first entry, but when it ended"


def test_a_program_that_dies_meanwhile_has_lost_nothing(tmp_path: Path) -> None:
    def look(kept: Kept) -> None:
        assert scores_in_file(kept) == 0
        copy = tmp_path / "copy"
        copy.mkdir()
        for file in (kept.path, kept.journal):
            (copy / file.name).write_bytes(file.read_bytes())
        (found,) = recover(copy)
        assert (found.answers, found.scores) == (0, 1)
        assert load(found.path).scores == WHOLE.scores
        looked.append(True)

    looked: list[bool] = []
    kept_by(tmp_path, (0, BEGIN), (0.1, SCORE), (0.5, look), (0.6, [None]))
    assert looked


def test_the_end_waits_for_nothing(tmp_path: Path) -> None:
    kept = kept_by(tmp_path, (0, BEGIN), (0.1, [*SCORE, None]))
    assert kept.loop.complete
    assert scores_in_file(kept) == 1
    assert [path.name for path in kept.path.parent.iterdir()] == [kept.path.name]


def test_without_a_journal_no_save_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> int:
        raise StoreError("It could not be written", "The disk is full")

    monkeypatch.setattr(Journal, "append", full)
    seen: list[int] = []
    kept_by(tmp_path, (0, BEGIN), (0.1, SCORE), (0.5, lambda kept: seen.append(scores_in_file(kept))), (0.6, [None]))
    assert seen == [1]


def test_nor_when_the_journal_could_not_be_put_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(journal: Journal) -> None:
        raise StoreError("The journal could not be written", "Input/output error")

    monkeypatch.setattr(Journal, "sync", broken)
    seen: list[int] = []
    kept = kept_by(
        tmp_path, (0, BEGIN), (0.1, SCORE), (0.5, lambda kept: seen.append(scores_in_file(kept))), (0.6, [None])
    )
    assert seen == [1]
    assert [problem.title for problem in kept.problems] == ["The journal could not be written"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX files")
def test_a_file_that_went_with_its_journal_is_written_again_at_once(tmp_path: Path) -> None:
    seen: list[Session] = []

    def delete(kept: Kept) -> None:
        assert scores_in_file(kept) == 0
        kept.path.unlink()
        kept.journal.unlink()

    def look(kept: Kept) -> None:
        seen.append(load(kept.path))

    kept_by(tmp_path, (0, BEGIN), (0.1, SCORE), (0.5, delete), (1.6, NOTHING), (1.7, look), (1.8, [None]))
    assert seen[0].scores == WHOLE.scores
