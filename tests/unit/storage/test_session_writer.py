"""The writer: a session is on disk soon after every change, and no trouble with the disk stops anything."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, NoReturn

import pytest

from tests.support.sessions import request, score, session
from tests.support.some import some
from tests.support.unsearchable import unsearchable
from tests.unit.storage.entries import folded, header, run_entries, score_entry, stream, until
from tui.core.dict_reader import Table
from tui.core.errors import BadInputError, StoreError
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import session_to_dict
from tui.storage import session_writer as writer_module
from tui.storage.file_lock import SessionLock
from tui.storage.journal import SUFFIX, Journal, read_entries
from tui.storage.journal_folder import SessionInUseError
from tui.storage.session_files import load, save
from tui.storage.session_recovery import recover
from tui.storage.session_writer import TomlSessionWriter

EVENTS = stream("r1", ["All ", "of ", "it."], ended=True)
WHOLE = session([folded("r1", EVENTS)], scores=[score("r1")])
ENTRIES = [*header(WHOLE), *run_entries("r1", EVENTS), score_entry(WHOLE.scores[0])]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


@pytest.fixture
def spare(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def writer(folder: Path, spare: Path) -> Iterator[TomlSessionWriter]:
    made = TomlSessionWriter(folder, WHOLE.id, spare)
    yield made
    made.close(None)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def blocked(folder: Path) -> None:
    """Make a folder impossible, for the superuser too: a file has its name."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("")


def test_an_unused_writer_leaves_no_file(folder: Path, spare: Path, writer: TomlSessionWriter) -> None:
    assert writer.path == folder / f"{WHOLE.id}.toml"
    assert writer.close(WHOLE)
    assert not folder.exists()
    assert not spare.exists()


def test_what_was_recorded_is_in_the_journal_at_once_and_the_session_is_locked(
    folder: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    journal = folder / f"{WHOLE.id}{SUFFIX}"
    until(lambda: journal.exists() and len(list(read_entries(journal))) == len(ENTRIES))
    assert names(folder) == [journal.name, f"{WHOLE.id}.lock"]
    assert not writer.problems()


def test_the_file_is_written_while_the_session_runs(writer: TomlSessionWriter) -> None:
    writer.save(WHOLE)
    until(writer.path.exists)
    assert session_to_dict(load(writer.path)) == session_to_dict(WHOLE)


def test_after_the_end_only_the_file_is_left(folder: Path, spare: Path, writer: TomlSessionWriter) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    assert writer.close(WHOLE)
    assert names(folder) == [writer.path.name]
    assert not spare.exists()
    assert session_to_dict(load(writer.path)) == session_to_dict(WHOLE)


def test_a_save_that_came_after_the_last_entry_is_enough(folder: Path, writer: TomlSessionWriter) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    writer.save(WHOLE)
    assert writer.close(None)
    assert names(folder) == [writer.path.name]


def test_the_journal_stays_when_the_file_lacks_a_score(folder: Path, writer: TomlSessionWriter) -> None:
    for entry in ENTRIES[:-1]:
        writer.record(entry)
    writer.save(replace(WHOLE, scores=[]))
    writer.record(ENTRIES[-1])
    assert not writer.close(None)
    assert names(folder) == [f"{WHOLE.id}{SUFFIX}", writer.path.name]
    (result,) = recover(folder)
    assert (result.answers, result.scores, result.problem) == (0, 1, None)


def test_the_journal_stays_when_the_file_lacks_a_run_that_had_begun(folder: Path, writer: TomlSessionWriter) -> None:
    for entry in [*ENTRIES, *run_entries("r2", stream("r2", ["Half"], ended=False))]:
        writer.record(entry)
    assert not writer.close(WHOLE)
    assert names(folder) == [f"{WHOLE.id}{SUFFIX}", writer.path.name]


def test_a_run_that_never_began_is_not_waited_for(folder: Path, writer: TomlSessionWriter) -> None:
    for entry in [*ENTRIES, run_entries("r2", [])[0], {"event": "queued", "request": "r2", "at": 5}]:
        writer.record(entry)
    assert writer.close(WHOLE)
    assert names(folder) == [writer.path.name]


def test_an_echo_of_a_run_that_was_never_made_is_not_waited_for(folder: Path, writer: TomlSessionWriter) -> None:
    for entry in [*ENTRIES, {"event": "cancelled", "request": "probe", "at": 5}]:
        writer.record(entry)
    assert writer.close(WHOLE)
    assert names(folder) == [writer.path.name]


def test_score_after_score_does_not_put_the_file_off_for_ever(writer: TomlSessionWriter) -> None:
    def scored() -> bool:
        writer.save(WHOLE, soon=True)
        return writer.path.exists()

    until(scored)


def test_of_many_snapshots_only_some_are_written_and_the_last_always(
    writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    real = Path.replace

    def counted(self: Path, target: Path) -> Path:
        written.append(self)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", counted)
    scores = [score("r1", value % 5 + 1) for value in range(100)]
    for number in range(1, 101):
        writer.save(replace(WHOLE, scores=scores[:number]), soon=True)
    until(lambda: writer.path.exists() and len(load(writer.path).scores) == 100)
    assert len(written) < 50


def test_a_snapshot_that_is_not_soon_does_not_wait_for_one_that_is(
    writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.storage.session_writer.SOON_S", 3600.0)
    writer.save(replace(WHOLE, scores=[]), soon=True)
    writer.save(WHOLE)
    until(writer.path.exists)
    assert load(writer.path).scores == WHOLE.scores


def test_a_snapshot_that_waits_is_written_at_the_end(
    writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.storage.session_writer.SOON_S", 3600.0)
    writer.save(WHOLE, soon=True)
    assert writer.close(None)
    assert load(writer.path).scores == WHOLE.scores


def test_a_folder_that_cannot_be_written_is_told_once_and_the_journal_goes_to_the_spare_one(
    folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    blocked(folder)
    problems: list[StoreError] = []
    for entry in ENTRIES:
        writer.record(entry)
        writer.save(WHOLE)
    journal = spare / f"{WHOLE.id}{SUFFIX}"
    until(lambda: journal.exists() and len(list(read_entries(journal))) == len(ENTRIES))
    assert not writer.close(WHOLE)
    problems += writer.problems()
    assert [problem.title for problem in problems] == [f"The session cannot be kept in {folder}"]
    assert str(spare) in problems[0].hint
    assert names(spare) == [journal.name]

    folder.unlink()
    (result,) = recover(folder, spare)
    assert (result.path, result.answers, result.scores, result.problem) == (writer.path, 1, 1, None)
    assert load(writer.path).requests["r1"].answer == "All of it."
    assert names(spare) == []


def test_the_problem_is_told_while_the_session_still_runs(folder: Path, writer: TomlSessionWriter) -> None:
    blocked(folder)
    problems: list[StoreError] = []

    def told() -> bool:
        problems.extend(writer.problems())
        return bool(problems)

    writer.record(ENTRIES[0])
    until(told)
    writer.record(ENTRIES[1])
    writer.save(WHOLE)
    writer.close(None)
    assert not writer.problems()


def test_once_the_folder_can_be_written_the_next_save_is_whole(
    folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    blocked(folder)
    for entry in ENTRIES:
        writer.record(entry)
    writer.save(WHOLE)
    until(lambda: bool(writer.problems()))
    folder.unlink()
    writer.save(WHOLE)
    until(writer.path.exists)
    assert writer.close(WHOLE)
    assert names(folder) == [writer.path.name]
    assert names(spare) == []


def test_with_no_folder_at_all_the_session_still_runs_to_its_end(
    folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    blocked(folder)
    blocked(spare)
    for entry in ENTRIES:
        writer.record(entry)
    writer.save(WHOLE)
    assert not writer.close(WHOLE)
    assert {problem.title for problem in writer.problems()} == {
        f"The session cannot be kept in {folder}",
        f"The session cannot be kept in {spare}",
    }


def test_a_session_that_cannot_be_written_is_a_problem_and_not_the_end(writer: TomlSessionWriter) -> None:
    writer.save(replace(WHOLE, host={"odd": object()}))
    problems: list[StoreError] = []

    def told() -> bool:
        problems.extend(writer.problems())
        return bool(problems)

    until(told)
    assert "could not be saved" in problems[0].title
    assert writer.close(WHOLE)
    assert load(writer.path).requests["r1"].answer == "All of it."


def test_a_session_that_another_program_has_open_is_left_alone(
    folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    lock = SessionLock(folder / f"{WHOLE.id}.lock")
    assert lock.acquire()
    for entry in ENTRIES:
        writer.record(entry)
    writer.save(WHOLE)
    until(lambda: bool(writer.problems()))
    lock.release()
    assert not writer.close(WHOLE)
    assert names(folder) == []
    assert names(spare) == [f"{WHOLE.id}{SUFFIX}"]
    assert [result.answers for result in recover(folder, spare)] == [1]


def test_a_spare_journal_that_this_program_did_not_write_is_not_removed(
    folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    until(lambda: (folder / f"{WHOLE.id}{SUFFIX}").exists())
    theirs = Journal(spare / f"{WHOLE.id}{SUFFIX}")
    theirs.append(*ENTRIES)
    assert writer.close(WHOLE)
    assert names(folder) == [writer.path.name]
    assert len(list(read_entries(theirs.path))) == len(ENTRIES)
    theirs.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not let go of an open file")
def test_a_journal_that_took_the_place_of_the_writer_s_own_is_not_removed(
    folder: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    journal = folder / f"{WHOLE.id}{SUFFIX}"
    until(lambda: journal.exists() and len(list(read_entries(journal))) == len(ENTRIES))
    journal.rename(folder / "moved away")
    journal.write_text("another program's\n")
    assert writer.close(WHOLE)
    assert journal.read_text() == "another program's\n"


def test_a_session_can_be_held_by_one_before_there_is_anything_to_write(folder: Path, spare: Path) -> None:
    one, two = (TomlSessionWriter(folder, WHOLE.id, spare) for _ in range(2))
    one.hold()
    with pytest.raises(SessionInUseError):
        two.hold()
    two.release()
    assert names(folder) == [f"{WHOLE.id}.lock"]
    one.release()
    assert names(folder) == []
    three = TomlSessionWriter(folder, WHOLE.id, spare)
    three.hold()
    assert three.close(None)


def test_where_its_folder_cannot_be_written_a_session_is_held_in_the_spare_one(folder: Path, spare: Path) -> None:
    blocked(folder)
    one, two = (TomlSessionWriter(folder, WHOLE.id, spare) for _ in range(2))
    with pytest.raises(StoreError) as refused:
        one.hold()
    assert str(folder) in refused.value.title and not isinstance(refused.value, SessionInUseError)
    with pytest.raises(SessionInUseError):
        two.hold()
    assert names(spare) == [f"{WHOLE.id}.lock"]
    one.release()
    assert names(spare) == []


def test_a_journal_of_an_earlier_program_is_not_removed(folder: Path, spare: Path, writer: TomlSessionWriter) -> None:
    for entry in [*ENTRIES, *run_entries("r2", stream("r2", ["Half"], ended=False))]:
        writer.record(entry)
    assert not writer.close(WHOLE)
    later = TomlSessionWriter(folder, WHOLE.id, spare)
    for entry in header(WHOLE):
        later.record(entry)
    assert later.close(WHOLE)
    assert names(folder) == [f"{WHOLE.id}{SUFFIX}", writer.path.name]
    assert [result.answers for result in recover(folder)] == [1]


def test_a_growing_session_is_whole_after_every_save(writer: TomlSessionWriter) -> None:
    growing: Session = session([])
    for number in range(1, 6):
        growing = session([*growing.requests.values(), request(f"r{number}", answer=[f"answer {number}"])])
        writer.save(growing)
        until(lambda: writer.path.exists() and len(load(writer.path).requests) == number)  # noqa: B023
        assert session_to_dict(load(writer.path)) == session_to_dict(growing)


def test_recording_does_not_wait_for_a_disk_that_hangs(
    writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = True

    def hang(handle: int) -> None:
        until(lambda: not hanging)

    monkeypatch.setattr(os, "fsync", hang)
    writer.save(WHOLE)
    for entry in ENTRIES * 100:
        writer.record(entry)
    writer.save(WHOLE)
    assert not writer.close(None, timeout=0)
    hanging = False
    until(writer.path.exists)


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a\\b", ".hidden", "a\0b", "x" * 200, "nul\n"])
def test_an_id_that_is_no_file_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        TomlSessionWriter(tmp_path, name, tmp_path)


# What is told of places


def problems_of(writer: TomlSessionWriter, count: int) -> list[StoreError]:
    """The first so many problems."""
    found: list[StoreError] = []
    until(lambda: len(found.extend(writer.problems()) or found) >= count)
    return found


def test_the_account_is_empty_when_everything_is_in_the_file(writer: TomlSessionWriter) -> None:
    assert writer.missing_report() == ""
    for entry in ENTRIES:
        writer.record(entry)
    assert writer.close(WHOLE)
    assert writer.missing_report() == ""


def test_a_file_that_is_still_being_written_at_the_end_is_told_with_the_journal_that_has_the_rest(
    folder: Path, writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, go_on, real = Event(), Event(), writer_module.save

    def slow(*what: Any) -> list[Path]:
        writing.set()
        assert go_on.wait(10)
        return real(*what)

    monkeypatch.setattr(writer_module, "save", slow)
    for entry in ENTRIES[:-1]:
        writer.record(entry)
    assert not writer.close(WHOLE, timeout=0)
    assert writing.wait(10)
    journal = folder / (WHOLE.id + SUFFIX)
    said = f"{writer.path} was still being written when the program ended: it may not hold everything. "
    assert (
        writer.missing_report() == f"{said}What is missing there is noted in {journal}, and taken in at the next start."
    )
    writer.record(ENTRIES[-1])
    noted = f"A part is noted in {journal}, and taken in at the next start; the rest is lost."
    assert writer.missing_report() == f"{said}{noted}"
    go_on.set()
    until(writer.path.exists)


def test_the_account_names_the_journal_that_has_what_the_file_lacks(folder: Path, writer: TomlSessionWriter) -> None:
    for entry in ENTRIES[:-1]:
        writer.record(entry)
    writer.save(replace(WHOLE, scores=[]))
    writer.record(ENTRIES[-1])
    assert not writer.close(None)
    assert writer.missing_report() == (
        f"Not all of the session is in {writer.path}. "
        f"What is missing there is noted in {folder / (WHOLE.id + SUFFIX)}, and taken in at the next start."
    )


def test_the_account_names_the_spare_folder_when_all_is_there(
    folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    blocked(folder)
    for entry in ENTRIES:
        writer.record(entry)
    assert not writer.close(WHOLE)
    assert writer.missing_report() == (
        f"The session is not in {writer.path}. "
        f"All of it is noted in {spare / (WHOLE.id + SUFFIX)}, and taken in at the next start."
    )


def test_no_folder_that_could_not_be_written_is_named_as_holding_anything(
    folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    blocked(folder)
    blocked(spare)
    for entry in ENTRIES:
        writer.record(entry)
    assert not writer.close(WHOLE)
    assert writer.missing_report() == f"The session is not in {writer.path}. Nothing of it is kept."
    told = writer.problems()
    assert {problem.hint for problem in told} == {"What is not saved is lost when the program ends."}
    assert not any("noted in" in problem.sentence() for problem in some(told))


def test_a_journal_with_a_hole_is_not_said_to_have_everything(
    folder: Path, spare: Path, writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked(spare)
    for entry in ENTRIES[:-1]:
        writer.record(entry)
    journal = folder / f"{WHOLE.id}{SUFFIX}"
    until(lambda: journal.exists() and len(list(read_entries(journal))) == len(ENTRIES) - 1)
    monkeypatch.setattr(Journal, "append", full)
    monkeypatch.setattr("tui.storage.session_writer.save", full)
    writer.record(ENTRIES[-1])
    assert not writer.close(WHOLE)
    assert writer.missing_report() == (
        f"The session is not in {writer.path}. "
        f"A part is noted in {journal}, and taken in at the next start; the rest is lost."
    )


def test_while_the_file_cannot_be_saved_the_journals_that_have_everything_are_named(
    folder: Path, spare: Path, writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.storage.session_writer.save", unsaved)
    for entry in ENTRIES[:-1]:
        writer.record(entry)
    until(lambda: noted(folder) == len(ENTRIES) - 1)
    append = Journal.append

    def only_in_spare(journal: Journal, entry: dict[str, object]) -> int:
        return append(journal, entry) if journal.path.parent == spare else full()

    monkeypatch.setattr(Journal, "append", only_in_spare)
    writer.record(ENTRIES[-1])
    writer.save(WHOLE)
    told = problems_of(writer, 2)
    assert [problem.hint for problem in told] == [
        f"Make room on it. It is noted in {spare} instead.",
        f"Make room on it. Until then everything is noted in {folder} and {spare}.",
    ]
    assert not writer.close(None)
    journals = [where / f"{WHOLE.id}{SUFFIX}" for where in (folder, spare)]
    assert f"All of it is noted in {journals[0]} and {journals[1]}, and taken in" in writer.missing_report()


def full(*args: object) -> NoReturn:
    raise StoreError("It could not be written", "The disk is full", "Make room on it.")


def unsaved(*args: object) -> None:
    raise StoreError("It could not be saved", "The disk is full", "Make room on it.")


# What is deleted under a running program

windows_holds = pytest.mark.skipif(os.name == "nt", reason="POSIX files")


def noted(folder: Path) -> int:
    """How many entries the session's journal in this folder holds."""
    journal = folder / f"{WHOLE.id}{SUFFIX}"
    return len(list(read_entries(journal))) if journal.exists() else 0


@pytest.fixture
def watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.storage.session_writer.CHECK_EVERY_S", 0.01)


def delete_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def delete_journal(folder: Path) -> None:
    (folder / f"{WHOLE.id}{SUFFIX}").unlink()


def move_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


@windows_holds
@pytest.mark.parametrize("change", [delete_folder, delete_journal, move_folder])
def test_what_was_noted_before_its_journal_was_deleted_is_noted_elsewhere_and_told(
    watchful: None, change: Callable[[Path], None], folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES[:-2]:
        writer.record(entry)
    until(lambda: noted(folder) == len(ENTRIES) - 2)
    change(folder)
    (problem,) = problems_of(writer, 1)
    assert problem.sentence() == (
        f"{folder / (WHOLE.id + SUFFIX)} is gone. While the session ran it was deleted or moved, or its folder was. "
        f"It is noted in {spare} instead."
    )
    assert noted(spare) == len(ENTRIES) - 2, "while nothing else happens, in case the program is killed now"
    for entry in ENTRIES[-2:]:
        writer.record(entry)
    until(lambda: noted(spare) == len(ENTRIES))
    assert writer.close(WHOLE)
    assert names(folder) == [writer.path.name]
    assert names(spare) == []
    assert session_to_dict(load(writer.path)) == session_to_dict(WHOLE)


@windows_holds
def test_a_file_that_went_with_its_journal_is_written_again(
    watchful: None, folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    writer.save(WHOLE)
    until(writer.path.exists)
    shutil.rmtree(folder)
    until(writer.path.exists)
    assert session_to_dict(load(writer.path)) == session_to_dict(WHOLE)
    until((folder / f"{WHOLE.id}.lock").exists)


@windows_holds
def test_a_spare_journal_that_is_deleted_is_made_again(
    watchful: None, folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    blocked(folder)
    for entry in ENTRIES:
        writer.record(entry)
    until(lambda: noted(spare) == len(ENTRIES))
    shutil.rmtree(spare)
    until(lambda: noted(spare) == len(ENTRIES))
    assert not writer.close(WHOLE)
    folder.unlink()
    assert [result.answers for result in recover(folder, spare)] == [1]


@windows_holds
def test_when_nothing_is_left_to_write_to_it_is_said(
    watchful: None, folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    until(lambda: noted(folder) == len(ENTRIES))
    blocked(spare)
    shutil.rmtree(folder)
    blocked(folder)
    told = problems_of(writer, 3)
    assert {problem.title for problem in told} == {
        f"The session cannot be kept in {spare}",
        f"The session cannot be kept in {folder}",
        f"{folder / (WHOLE.id + SUFFIX)} is gone",
    }
    assert {problem.hint for problem in told} == {"What is not saved is lost when the program ends."}
    assert not writer.close(WHOLE)
    assert writer.missing_report() == f"The session is not in {writer.path}. Nothing of it is kept."


@windows_holds
def test_a_deleted_journal_is_made_again_where_it_was_when_there_is_no_other_place(
    watchful: None, folder: Path, spare: Path, writer: TomlSessionWriter
) -> None:
    blocked(spare)
    for entry in ENTRIES:
        writer.record(entry)
    until(lambda: noted(folder) == len(ENTRIES))
    shutil.rmtree(folder)
    told = problems_of(writer, 2)
    assert [problem.hint for problem in told] == [f"It is noted in {folder} instead."] * 2
    assert noted(folder) == len(ENTRIES)
    assert writer.close(WHOLE)
    assert names(folder) == [writer.path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_folder_that_goes_out_of_reach_is_told_at_the_end_and_nothing_in_it_is_removed(
    folder: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    writer.save(WHOLE)
    until(writer.path.exists)
    with unsearchable(folder):
        assert not writer.close(WHOLE)
        assert writer.missing_report() == (
            f"{writer.path} cannot be looked at any more, so what it holds is not known: Permission denied."
        )
    assert session_to_dict(load(writer.path)) == session_to_dict(WHOLE)
    assert len(list(read_entries(folder / f"{WHOLE.id}{SUFFIX}"))) == len(ENTRIES)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_folder_that_was_out_of_reach_for_a_while_is_written_to_again(
    folder: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES[:-1]:
        writer.record(entry)
    writer.save(WHOLE)
    until(writer.path.exists)
    with unsearchable(folder):
        writer.save(WHOLE)
        until(lambda: bool(writer.problems()))
    writer.record(ENTRIES[-1])
    assert writer.close(WHOLE)


def test_a_writer_that_breaks_says_so_and_goes_on(
    folder: Path, writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("what nobody thought of")

    for entry in ENTRIES[:-1]:
        writer.record(entry)
    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "save", broken)
        writer.save(WHOLE)
        until(lambda: not writer._problems.empty())
    assert [problem.sentence() for problem in writer.problems()] == [
        "What keeps the session on disk broke. RuntimeError: what nobody thought of. Please report this."
    ]
    writer.record(ENTRIES[-1])
    assert writer.close(WHOLE)
    assert session_to_dict(load(writer.path)) == session_to_dict(WHOLE)
    assert names(folder) == [writer.path.name]


def test_entries_that_a_broken_writer_did_not_note_are_not_said_to_be_noted(
    writer: TomlSessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.record(ENTRIES[0])
    real, failed = Journal.append, Event()

    def broken_once(journal: Journal, entry: Table) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("what nobody thought of")
        real(journal, entry)

    until(lambda: writer._writer._home.used)
    monkeypatch.setattr(Journal, "append", broken_once)
    for entry in ENTRIES[1:]:
        writer.record(entry)
    assert not writer.close(None)
    assert "A part is noted in" in writer.missing_report() and "the rest is lost" in writer.missing_report()


OTHER = session([folded("r1", EVENTS)], session_id="20261122T120000Z-0001")


@pytest.mark.parametrize("opened", [False, True], ids=["begun here", "opened"])
@pytest.mark.parametrize(
    "foreign",
    [
        lambda path: save(OTHER, path),
        lambda path: path.write_bytes(path.read_bytes().replace(b"All of it.", b"Edited.")),
        lambda path: path.write_bytes(b"not a session"),
    ],
    ids=["another session", "edited by hand", "junk"],
)  # fmt: skip
def test_what_somebody_else_put_in_the_files_place_is_kept_and_said(
    foreign: Callable[[Path], object], opened: bool, folder: Path, spare: Path
) -> None:
    path = folder / f"{WHOLE.id}.toml"
    if opened:
        save(WHOLE, path)
    writer = TomlSessionWriter(folder, WHOLE.id, spare)
    if opened:
        writer.hold()
    else:
        for entry in ENTRIES:
            writer.record(entry)
        writer.save(WHOLE)
        until(lambda: path.exists())
    foreign(path)
    theirs = path.read_bytes()
    scored = replace(WHOLE, scores=[*WHOLE.scores, score("r1", 2, rater="bob", entry=2)])
    writer.record(score_entry(scored.scores[1]))
    assert writer.close(scored)
    assert session_to_dict(load(path)) == session_to_dict(scored)
    assert (folder / f"{WHOLE.id}~2.toml").read_bytes() == theirs
    (problem,) = writer.problems()
    assert "Another program has changed" in problem.title and f"{WHOLE.id}~2.toml" in problem.detail
    assert names(folder) == [f"{WHOLE.id}.toml", f"{WHOLE.id}~2.toml"]


def test_where_a_file_has_one_name_alone_what_somebody_else_wrote_is_copied(
    folder: Path, spare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr("os.link", refused)
    path = folder / f"{WHOLE.id}.toml"
    save(WHOLE, path)
    writer = TomlSessionWriter(folder, WHOLE.id, spare)
    writer.hold()
    path.write_bytes(b"not a session")
    writer.save(WHOLE)
    assert writer.close(replace(WHOLE, title="Tuesday"))
    assert (folder / f"{WHOLE.id}~2.toml").read_bytes() == b"not a session"
    assert load(path).title == "Tuesday" and len(writer.problems()) == 1


def test_a_file_that_is_only_touched_or_replaced_by_itself_is_nobody_elses(
    folder: Path, writer: TomlSessionWriter
) -> None:
    for entry in ENTRIES:
        writer.record(entry)
    writer.save(WHOLE)
    until(lambda: writer.path.exists())
    shutil.copy(writer.path, folder / "copy")
    os.utime(folder / "copy", (1, 1))
    (folder / "copy").replace(writer.path)
    assert writer.close(replace(WHOLE, title="Tuesday"))
    assert load(writer.path).title == "Tuesday"
    assert not writer.problems() and names(folder) == [f"{WHOLE.id}.toml"]
