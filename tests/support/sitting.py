"""A sitting that passes as fast as the disk takes it: the real writer is given its jobs by a script and a clock."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from unittest.mock import patch

from tests.support.sessions import MS, SENT, score, session
from tests.unit.storage.entries import Entry, folded, header, run_entries, score_entry
from tui.core.errors import StoreError
from tui.core.requests import events as ev
from tui.core.sessions.session import Session, SessionState
from tui.storage.journal import Journal
from tui.storage.session_writer import Job, Save, WriterLoop

ANSWER_S = 5.0
"""How long an answer of the sitting takes."""
ANSWER_CHUNKS = 250


class Clock:
    """Seconds that pass when a script says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class ScriptedJobs(SimpleQueue[Job]):
    """Gives the writer what is due. A step is the instant at which it comes, and the jobs that come together."""

    def __init__(self, clock: Clock, steps: Iterable[tuple[float, list[Job]]]) -> None:
        super().__init__()
        self._clock = clock
        self._steps = iter(steps)
        self._next: tuple[float, list[Job]] | None = None

    def get(self, block: bool = True, timeout: float | None = None) -> Job:
        """The first job of the next step, or Empty when none comes within the timeout."""
        assert block and timeout is not None
        at, jobs = self._next = self._next or next(self._steps)
        if at > self._clock.now + timeout:
            self._clock.now += timeout
            raise Empty
        self._clock.now, self._next = max(at, self._clock.now), None
        for job in jobs:
            self.put(job)
        return super().get(block=False)


@dataclass(frozen=True)
class Costs:
    """What a sitting cost."""

    answers: int
    seconds: float
    """How long it was, by its own clock."""
    journal_bytes: int
    file_bytes: int
    """What was written of the session's file, all its versions together."""
    saves: int
    """How often the file was written."""
    last_file_bytes: int


def long_sitting(answers: int, *, scored: bool, clock: Clock) -> Iterator[tuple[float, list[Job]]]:
    """So many answers one after another, each saved when it has ended, as the runner does; and each scored."""
    chance = random.Random(1)
    words = [" " + "".join(chance.choices("abcdefghij", k=chance.randint(1, 8))) for _ in range(2000)]
    whole = session([folded("r1", [])])
    whole.requests.clear()
    whole.state = SessionState.RUNNING
    at = clock.now
    yield at, [*header(whole)]
    for number in range(1, answers + 1):
        run = f"r{number}"
        heard = _answer(run, words, chance)
        entries = run_entries(run, heard)
        third = len(entries) // 3
        for count, part in enumerate((entries[:third], entries[third : 2 * third], entries[2 * third :]), 1):
            yield at + count * ANSWER_S / 3, [*part]
        at += ANSWER_S
        whole.requests[run] = folded(run, heard)
        yield at, [Save(_snapshot(whole), soon=False)]
        if scored:
            whole.scores.append(score(run))
            yield at + 1, [score_entry(whole.scores[-1]), Save(_snapshot(whole), soon=True)]
    whole.state = SessionState.FINISHED
    yield at + 1, [Save(_snapshot(whole), soon=False), None]


def cost_of(answers: int, folder: Path, *, scored: bool) -> Costs:
    """Keep such a sitting in a folder with the real writer, and count. Raises AssertionError when it is not whole."""
    clock, journaled, sizes = Clock(), 0, list[int]()
    append, put = Journal.append, Path.replace

    def appended(journal: Journal, *entries: Entry) -> int:
        nonlocal journaled
        size = append(journal, *entries)
        journaled += size
        return size

    def replaced(path: Path, target: Path) -> Path:
        sizes.append(path.stat().st_size)
        return put(path, target)

    problems: list[StoreError] = []
    began, path = clock.now, folder / "s.toml"
    with patch.object(Journal, "append", appended), patch.object(Path, "replace", replaced):
        loop = WriterLoop(path, "s", folder / "spare", problems.append, clock)
        loop.run(ScriptedJobs(clock, long_sitting(answers, scored=scored, clock=clock)))
    assert loop.complete and not problems, problems
    return Costs(answers, clock.now - began, journaled, sum(sizes), len(sizes), path.stat().st_size)


def _snapshot(whole: Session) -> Session:
    return replace(whole, requests=dict(whole.requests), scores=list(whole.scores))


def _answer(run: str, words: list[str], chance: random.Random) -> list[ev.Event]:
    heard: list[ev.Event] = [ev.Queued(run, SENT - MS), ev.Sent(run, SENT, 2 * MS), ev.Headers(run, SENT + MS)]
    at = SENT + 90 * MS
    for number in range(1, ANSWER_CHUNKS + 1):
        at += chance.randint(5 * MS, 30 * MS)
        heard.append(ev.Delta(run, at, number, ev.Kind.ANSWER, chance.choice(words)))
    return [*heard, ev.Usage(run, 12, ANSWER_CHUNKS), ev.Ended(run, at + MS, "stop", done_marker=True)]
