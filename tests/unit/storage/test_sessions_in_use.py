"""A session that a program has open, or left behind when it died, is read whole: its file with its journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sessions import score, session
from tests.unit.storage.entries import Entry, folded, header, run_entries, score_entry, stream
from tui.core.errors import CompareError
from tui.core.requests.request import RequestState
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_dict import session_to_dict
from tui.storage import session_files, session_parts
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.journal import Journal, journal_path
from tui.storage.session_files import load, load_sessions, load_whole, save
from tui.storage.session_recovery import recover

EVENTS = {run: stream(run, [f"{run} ", "says ", "this"], ended=run != "r3") for run in ("r1", "r2", "r3")}
"""The third is still being answered."""
WHOLE = session([folded(run, events) for run, events in EVENTS.items()], scores=[score("r2")])
IN_FILE = session([WHOLE.requests["r1"]])
IN_FILE.state = SessionState.RUNNING
ENTRIES: list[Entry] = [
    *header(WHOLE),
    *(entry for run, events in EVENTS.items() for entry in run_entries(run, events)),
    score_entry(WHOLE.scores[0]),
]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of journals that found no other place."""
    folder = tmp_path / "state"
    monkeypatch.setenv("FOUNDRY_COMPARE_STATE", str(folder))
    return folder


@pytest.fixture
def folder(tmp_path: Path, state: Path) -> Path:
    """A session whose file is behind its journal, and another that is over."""
    made = tmp_path / "sessions"
    save(IN_FILE, made / f"{WHOLE.id}.toml")
    save(session([WHOLE.requests["r2"]], session_id="over"), made / "over.toml")
    noted(made)
    return made


@pytest.fixture
def open_elsewhere(folder: Path) -> Iterator[None]:
    """A program that lives has the session open."""
    lock = SessionLock(lock_path(folder, WHOLE.id))
    assert lock.acquire()
    yield
    lock.release()


def noted(folder: Path, entries: list[Entry] = ENTRIES) -> Path:
    journal = Journal(journal_path(folder, WHOLE.id))
    journal.append(*entries)
    journal.close()
    return journal.path


def the_open_one(folder: Path) -> Session:
    found = {found.id: found for found in load_sessions(folder)}
    assert found.keys() == {WHOLE.id, "over"}
    return found[WHOLE.id]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.usefixtures("open_elsewhere")
def test_of_one_that_runs_everything_that_has_ended_is_read(folder: Path) -> None:
    before = contents(folder)
    found = the_open_one(folder)
    assert (found.state, list(found.requests), found.scores) == (SessionState.RUNNING, ["r1", "r2"], WHOLE.scores)
    assert found.requests["r2"].answer == "r2 says this"
    assert list(load(folder / f"{WHOLE.id}.toml").requests) == ["r1"]
    assert contents(folder) == before


def test_one_whose_program_died_is_read_as_the_next_start_makes_it(folder: Path) -> None:
    found = the_open_one(folder)
    assert found.state is SessionState.INTERRUPTED
    assert {run: request.state for run, request in found.requests.items()} == {
        "r1": RequestState.DONE, "r2": RequestState.DONE, "r3": RequestState.CUT,
    }  # fmt: skip
    (made,) = recover(folder)
    assert session_to_dict(load(made.path)) == session_to_dict(found)
    assert session_to_dict(the_open_one(folder)) == session_to_dict(found)


def test_the_journal_may_be_where_there_was_room(folder: Path, state: Path) -> None:
    journal_path(folder, WHOLE.id).unlink()
    noted(state)
    assert list(the_open_one(folder).requests) == ["r1", "r2", "r3"]


def test_a_journal_that_adds_nothing_changes_nothing(folder: Path) -> None:
    path = folder / f"{WHOLE.id}.toml"
    (done,) = recover(folder)
    finished = load_whole(done.path)
    finished.state = SessionState.FINISHED
    save(finished, path)
    noted(folder)
    assert session_to_dict(the_open_one(folder)) == session_to_dict(finished)


def test_one_that_ends_while_it_is_read_is_read_from_its_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reads_and_then_it_ends(path: Path) -> Session:
        found = load_whole(path)
        journal = journal_path(folder, WHOLE.id)
        if journal.exists():
            recover(folder)
            assert not journal.exists()
        return found

    monkeypatch.setattr(session_files, "load_whole", reads_and_then_it_ends)
    assert list(the_open_one(folder).requests) == ["r1", "r2", "r3"]


@pytest.mark.parametrize("asked", ["everything", "one file"])
def test_a_journal_that_cannot_be_understood_is_named_and_the_file_read(asked: str, folder: Path) -> None:
    journal = noted(folder, [{"dream": {}}])
    skipped: list[tuple[Path, CompareError]] = []
    where = folder if asked == "everything" else folder / f"{WHOLE.id}.toml"
    found = list(load_sessions(where, skipped=lambda path, error: skipped.append((path, error))))
    ((path, error),) = skipped
    assert path == journal and "cannot be understood" in error.sentence() and "dream" in error.sentence()
    assert session_to_dict(found[0]) == session_to_dict(IN_FILE)
    assert len(list(load_sessions(where))) == len(found)


def test_a_session_of_several_files_is_counted_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_parts, "PART_BYTES", 1_000)
    path = folder / f"{WHOLE.id}.toml"
    in_files = session([folded(f"a{number}", stream(f"a{number}", ["said"], ended=True)) for number in range(9)])
    assert len(save(in_files, path)) > 2
    found = [found for found in load_sessions(folder) if found.id != "over"]
    assert [one.id for one in found] == [WHOLE.id]
    assert list(found[0].requests) == [*in_files.requests, *WHOLE.requests]
