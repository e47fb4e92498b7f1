"""After a crash every answer, score and note is in a session file again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.sessions import MS, SENT, score, session
from tests.support.some import some
from tests.unit.storage import dying_program as dying
from tests.unit.storage.entries import Entry, folded, header, run_entries, score_entry, stream, until
from tui.core.plans.plan_run import planned_request_of, remaining
from tui.core.requests import events as ev
from tui.core.requests.outcome import outcome
from tui.core.requests.request import BROKEN_OFF, RequestState
from tui.core.sessions.session import SessionState
from tui.core.sessions.session_dict import session_to_dict
from tui.storage.file_lock import SessionLock
from tui.storage.journal import SUFFIX, Journal, read_entries
from tui.storage.session_files import load, save
from tui.storage.session_recovery import recover

ROOT = Path(__file__).parents[3]
EVENTS = stream("r1", ["All ", "of ", "it."], ended=True)
WHOLE = session([folded("r1", EVENTS)], scores=[score("r1")])
ENTRIES = [*header(WHOLE), *run_entries("r1", EVENTS), score_entry(WHOLE.scores[0])]


def journal_with(folder: Path, entries: Sequence[Entry], name: str = WHOLE.id) -> Path:
    journal = Journal(folder / f"{name}{SUFFIX}")
    for entry in entries:
        journal.append(entry)
    journal.close()
    return journal.path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("with_file", [True, False], ids=["with its file", "before its first save"])
def test_a_killed_program_loses_nothing(with_file: bool, tmp_path: Path) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "state"
    journal = folder / f"{dying.snapshot().id}{SUFFIX}"
    path = folder / f"{dying.snapshot().id}.toml"
    expected = len(dying.before()) + len(dying.after())
    command = [
        sys.executable,
        "-m",
        "tests.unit.storage.dying_program",
        str(folder),
        str(spare),
        *(["file"] if with_file else []),
    ]
    program = subprocess.Popen(command, cwd=ROOT)
    try:
        until(lambda: journal.exists() and len(list(read_entries(journal))) == expected)
        until(lambda: path.exists() or not with_file)
        assert recover(folder, spare) == [], "a session that is open is left alone"
        assert journal.exists()
    finally:
        program.kill()
        program.wait()

    (result,) = recover(folder, spare)
    assert result.problem is None
    assert (result.answers, result.scores) == ((1, 1) if with_file else (2, 2))
    found = load(path)
    assert found.state is SessionState.INTERRUPTED
    assert list(found.requests) == ["r1", "r2"], "a run that had not begun is none"
    assert session_to_dict(found)["run"][0] == session_to_dict(dying.snapshot())["run"][0]
    cut = found.requests["r2"]
    assert (cut.state, cut.answer, cut.finish_reason) == (RequestState.CUT, "Half of a 😀 thought", None)
    assert cut.metrics.end_ms == cut.metrics.last_ms == 120
    assert found.scores == [dying.EARLY, dying.LATE]
    assert found.notes == [dying.NOTE]
    assert names(folder) == [path.name]
    assert recover(folder, spare) == []


def test_a_whole_session_comes_back_as_it_was(tmp_path: Path) -> None:
    journal_with(tmp_path, ENTRIES)
    (result,) = recover(tmp_path)
    found = load(result.path)
    assert found.state is SessionState.INTERRUPTED
    found.state = WHOLE.state
    assert session_to_dict(found) == session_to_dict(WHOLE)


def test_an_echo_of_a_run_that_was_never_made_is_passed_over(tmp_path: Path) -> None:
    journal_with(tmp_path, [*ENTRIES, {"event": "cancelled", "request": "probe", "at": 5}])
    (result,) = recover(tmp_path)
    assert (result.answers, result.problem) == (1, None)
    assert list(load(result.path).requests) == ["r1"]


@pytest.mark.parametrize("lost", [1, 10, 40])
def test_a_torn_last_line_loses_only_itself(lost: int, tmp_path: Path) -> None:
    journal = journal_with(tmp_path, ENTRIES)
    journal.write_bytes(journal.read_bytes()[:-1][:-lost])
    (result,) = recover(tmp_path)
    assert (result.answers, result.scores, result.problem) == (1, 0, None)
    assert load(result.path).requests["r1"].answer == "All of it."


def test_every_prefix_of_a_journal_is_a_session(tmp_path: Path) -> None:
    first = len(header(WHOLE))
    for count in some(range(1, len(ENTRIES) + 1)):
        folder = tmp_path / str(count)
        journal_with(folder, ENTRIES[:count])
        (result,) = recover(folder)
        assert result.problem is None
        assert list(load(result.path).requests) == (["r1"] if count > first + 1 else [])


def test_what_only_the_file_or_only_the_journal_has_is_kept(tmp_path: Path) -> None:
    more = stream("r2", ["More"], ended=True)
    in_file = session([folded("r0", stream("r0", ["Old"], ended=True)), folded("r1", EVENTS)], scores=[score("r0", 1)])
    in_file.notes = []
    save(in_file, tmp_path / f"{WHOLE.id}.toml")
    odd = [entry | {"text": "Not this "} if entry.get("event") == "delta" else entry for entry in ENTRIES]
    journal_with(tmp_path, [*odd, score_entry(score("r0", 1)), *run_entries("r2", more)])
    (result,) = recover(tmp_path)
    found = load(result.path)
    assert (result.answers, result.scores) == (1, 1)
    assert {run: request.answer for run, request in found.requests.items()} == {
        "r0": "Old",
        "r1": "All of it.",
        "r2": "More",
    }
    assert found.scores == [score("r0", 1), score("r1")]


def test_a_journal_that_adds_nothing_is_removed_and_the_file_left_as_it_was(tmp_path: Path) -> None:
    save(WHOLE, tmp_path / f"{WHOLE.id}.toml")
    before = (tmp_path / f"{WHOLE.id}.toml").read_bytes()
    journal_with(tmp_path, ENTRIES)
    (result,) = recover(tmp_path)
    assert (result.answers, result.scores, result.problem) == (0, 0, None)
    assert result.path.read_bytes() == before
    assert names(tmp_path) == [result.path.name]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([ev.Loading("r1", 5)], RequestState.CUT),
        ([ev.Loading("r1", 5), ev.Loaded("r1", 9)], RequestState.CUT),
        ([ev.Loading("r1", 5), ev.Loaded("r1", 9), ev.Sent("r1", SENT)], RequestState.CUT),
        ([*stream("r1", ["a"], ended=False), ev.Cancelled("r1", SENT + 200 * MS)], RequestState.STOPPED),
        ([*stream("r1", [], ended=False), ev.Failed("r1", SENT + MS, "status", "It said no.")], RequestState.FAILED),
        ([ev.Skipped("r1", 5)], RequestState.SKIPPED),
    ],
    ids=["loading", "loaded", "sent", "stopped", "failed", "skipped"],
)
def test_a_run_is_cut_unless_it_had_come_to_its_end(
    events: list[ev.Event], state: RequestState, tmp_path: Path
) -> None:
    journal_with(tmp_path, [*header(WHOLE), *run_entries("r1", events)])
    (result,) = recover(tmp_path)
    found = load(result.path).requests["r1"]
    assert found.state is state
    broken_off = found.fault is not None and found.fault.kind == BROKEN_OFF
    assert broken_off is (state is RequestState.CUT), "what this program did is not the model's fault"


def test_an_answer_that_the_program_s_end_cut_says_so_and_is_still_to_be_asked(tmp_path: Path) -> None:
    journal_with(tmp_path, [*header(WHOLE), *run_entries("r1", stream("r1", ["Half"], ended=False))])
    (result,) = recover(tmp_path)
    session = load(result.path)
    (found,) = session.requests.values()
    assert (found.answer, outcome(found)) == ("Half", "The program ended in the middle of this answer.")
    (plan,) = session.plans.values()
    assert [slot for batch in remaining(plan, [found]) for slot in batch] == [planned_request_of(found)]


def test_a_journal_split_over_two_folders_is_read_as_one(tmp_path: Path) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "state"
    journal_with(folder, ENTRIES[:8])
    journal_with(spare, ENTRIES[8:])
    (result,) = recover(folder, spare)
    assert (result.answers, result.scores) == (1, 1)
    assert load(result.path).requests["r1"].answer == "All of it."
    assert (names(folder), names(spare)) == ([result.path.name], [])


def test_half_written_files_of_the_dead_program_go(tmp_path: Path) -> None:
    journal_with(tmp_path, ENTRIES)
    (tmp_path / f"{WHOLE.id}.toml.4711.tmp").write_text("schema = ")
    (tmp_path / "another.toml.4711.tmp").write_text("schema = ")
    (result,) = recover(tmp_path)
    assert names(tmp_path) == [result.path.name, "another.toml.4711.tmp"]


def misunderstood(entries: Sequence[Entry]) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


HEAD = misunderstood(json.loads(json.dumps(header(WHOLE), default=str)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("garbage", "A journal holds no whole entry"),
        ("garbage\nand more\n", "line 1 is damaged"),
        ('{"score":{}}\n', "`session` is missing"),
        ('{"session":{}}\n', "`schema` is missing"),
        ('{"session":7}\n', "`session` should be a table"),
        (HEAD + '{"score":{"run":"r1"}}\n', "`rater` is missing"),
        (HEAD + '{"note":[1]}\n', ""),
        (HEAD + '{"event":"exploded","request":"r1"}\n', "not an event"),
        (HEAD + '{"event":["delta"],"request":"r1"}\n', ""),
        (HEAD + '{"weather":{}}\n', "it holds 'weather', which this version does not know"),
        (HEAD + '{"vote":{}}\n', "a vote should name two runs or more"),
        (HEAD + "{}\n", ""),
    ],
)
def test_a_journal_that_cannot_be_understood_is_left_alone_and_named(text: str, reason: str, tmp_path: Path) -> None:
    journal = tmp_path / f"{WHOLE.id}{SUFFIX}"
    journal.write_text(text)
    journal_with(tmp_path, ENTRIES, "another")
    bad, good = recover(tmp_path)
    assert bad.path == journal
    assert bad.problem is not None
    assert reason in bad.problem.sentence()
    assert journal.read_text() == text
    assert names(tmp_path) == [journal.name, "another.toml"]
    assert (good.path, good.answers) == (tmp_path / "another.toml", 1)


def test_a_bad_session_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / f"{WHOLE.id}.toml"
    path.write_text("schema = 1\n")
    journal = journal_with(tmp_path, ENTRIES)
    (result,) = recover(tmp_path)
    assert result.problem is not None
    assert str(path) in result.problem.title
    assert path.read_text() == "schema = 1\n"
    assert journal.exists()


def test_a_folder_that_still_cannot_be_written_is_a_problem_and_nothing_is_lost(tmp_path: Path) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "state"
    folder.write_text("")
    journal = journal_with(spare, ENTRIES)
    (result,) = recover(folder, spare)
    assert result.path == journal
    assert result.problem is not None
    assert names(spare) == [journal.name]


def test_an_empty_journal_is_removed_in_silence_and_no_journal_is_nothing(tmp_path: Path) -> None:
    assert recover(tmp_path / "missing", tmp_path) == []
    (tmp_path / f"{WHOLE.id}{SUFFIX}").write_text("")
    assert recover(tmp_path) == []
    assert names(tmp_path) == []


def test_the_number_of_a_run_that_was_never_asked_is_given_again_and_its_new_answer_is_kept(tmp_path: Path) -> None:
    stopped = folded("r2", [ev.Queued("r2", SENT), ev.Cancelled("r2", SENT)])
    save(session([folded("r1", EVENTS), stopped]), tmp_path / f"{WHOLE.id}.toml")
    journal_with(tmp_path, run_entries("r2", stream("r2", ["Half of", " it"], ended=False)))
    (result,) = recover(tmp_path)
    assert (result.answers, result.problem) == (1, None)
    found = load(result.path)
    assert (found.requests["r2"].state, found.requests["r2"].answer) == (RequestState.CUT, "Half of it")
    assert found.requests["r1"].answer == "All of it."


def test_what_was_learnt_of_a_run_that_only_the_file_has_is_added_to_it(tmp_path: Path) -> None:
    save(WHOLE, tmp_path / f"{WHOLE.id}.toml")
    learnt = ev.Usage("r1", 12, 99, None, "tokenizer")
    journal_with(tmp_path, [ev.to_dict(learnt)])
    (result,) = recover(tmp_path)
    assert (result.answers, result.problem) == (1, None)
    found = load(result.path).requests["r1"]
    assert (found.usage, found.answer, found.state) == (learnt, "All of it.", RequestState.DONE)


def test_each_journal_is_named_before_it_is_read_but_none_that_is_open_or_empty(tmp_path: Path) -> None:
    good, empty = journal_with(tmp_path, ENTRIES, "good"), tmp_path / f"empty{SUFFIX}"
    empty.touch()
    opened = journal_with(tmp_path, ENTRIES, "opened")
    lock = SessionLock(tmp_path / "opened.lock")
    assert lock.acquire()
    named: list[Path] = []
    results = recover(tmp_path, began=named.append)
    assert named == [good]
    assert [result.path.name for result in results] == ["good.toml"]
    assert opened.exists()
    lock.release()
