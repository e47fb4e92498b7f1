"""Two programs that went on with one session at once: what the journal of one has is kept beside the other's file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.sessions import WHEN, score, session
from tests.support.some import some
from tests.unit.storage.entries import Entry, folded, header, run_entries, score_entry, stream
from tests.unit.storage.test_session_recovery import journal_with, names
from tui.core.requests import events as ev
from tui.core.requests.request import RequestState
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import Redo, Undo, Vote, VoteChoice
from tui.core.sessions.entry_dict import to_journal
from tui.core.sessions.resumption import Resumption
from tui.core.sessions.session import Session, SessionState
from tui.storage.journal import SUFFIX
from tui.storage.session_files import load, save
from tui.storage.session_recovery import recover

LATER = WHEN + timedelta(milliseconds=1)
MINE = {run: folded(run, stream(run, [f"my {run}", " is this"], ended=True), model=model)
        for run, model in (("r1", "m1"), ("r2", "m1"), ("r3", "m2"))}  # fmt: skip


def in_file(folder: Path, *, requests: Any = None, scores: Any = ()) -> Session:
    made = session(requests or MINE.values(), scores=scores)
    save(made, folder / f"{made.id}.toml")
    return made


def theirs(run: str, words: list[str], *, ended: bool = True, started: Any = LATER, **facts: Any) -> list[Entry]:
    """What another program recorded of a request that it called `run`, which it sent at another time."""
    entries = run_entries(run, stream(run, words, ended=ended), **facts)
    return [{"started": {"run": run, "at": started}} if "started" in entry else entry for entry in entries]


def taken_in(folder: Path, entries: list[Entry], *, answers: int) -> Session:
    """The session once this journal has been taken in, which adds so many answers; and once more, which adds none."""
    made = session(MINE.values())
    journal_with(folder, entries, made.id)
    (result,) = recover(folder)
    assert (result.problem, result.answers) == (None, answers)
    assert names(folder) == [result.path.name]
    found = load(result.path)
    # The program that took it in died before it removed the journal.
    before = result.path.read_bytes()
    journal_with(folder, entries, made.id)
    (again,) = recover(folder)
    assert (again.problem, again.answers, again.scores) == (None, 0, 0)
    assert result.path.read_bytes() == before
    return found


def test_an_answer_under_the_id_of_another_is_kept_under_an_id_of_its_own(tmp_path: Path) -> None:
    in_file(tmp_path)
    memory = ev.to_dict(ev.Memory("r2", 4000, 4000))
    entries = [*theirs("r2", ["their", " own", " r2", " is", " longer"]), memory, *theirs("r3", ["and r3"], model="m2")]
    found = taken_in(tmp_path, entries, answers=2)
    assert {run: request.answer for run, request in found.requests.items()} == {
        **{run: request.answer for run, request in MINE.items()},
        "r4": "their own r2 is longer",
        "r5": "and r3",
    }
    for run, request in some(MINE.items()):
        assert (found.requests[run].usage, found.requests[run].memory) == (request.usage, None)
        assert found.requests[run].started == WHEN
    other = found.requests["r4"]
    assert (other.started, other.usage and other.usage.completion_tokens) == (LATER, 5)
    assert other.memory is not None
    assert (other.spec.model, other.spec.round, other.spec.launch) == ("m1", 1, 2)
    assert (found.requests["r5"].spec.model, found.requests["r5"].spec.launch) == ("m2", 2)
    assert found.state is SessionState.INTERRUPTED


@pytest.mark.parametrize("facts", [{"launch": 2}, {"host": "gpu box"}, {"model": "m2"}, {"round": 2}])
def test_what_carries_out_something_else_at_the_same_moment_is_another(facts: dict[str, Any], tmp_path: Path) -> None:
    hosted = folded("r1", stream("r1", ["mine"], ended=True), host="cpu box")
    third = folded("r3", stream("r3", ["my r3 is this"], ended=True), model="m2")
    third.started = LATER
    in_file(tmp_path, requests=[hosted, third])
    found = taken_in(tmp_path, theirs("r1", ["theirs"], started=WHEN, **facts), answers=1)
    assert [request.answer for request in found.requests.values()] == ["mine", "my r3 is this", "theirs"]


def test_what_was_given_to_the_other_answer_follows_it(tmp_path: Path) -> None:
    in_file(tmp_path, scores=[score("r2", 1, entry=1), score("r1", 2, entry=2)])
    given = [
        score("r2", 5, rater="bob", entry=1),
        Undo(1, "bob", WHEN, entry=2),
        Redo(1, "bob", WHEN, entry=3),
        Vote(("r1", "r2"), "bob", VoteChoice.WINNER, WHEN, winner="r2", entry=4),
        Resumption(WHEN, "measure", entry=5),
    ]
    found = taken_in(tmp_path, [*theirs("r2", ["theirs"]), *map(to_journal, given)], answers=1)
    assert [(one.run, one.rater, one.value) for one in found.scores] == [
        ("r2", "ann", 1),
        ("r1", "ann", 2),
        ("r4", "bob", 5),
    ]
    numbers = [
        one.entry for kind in (found.scores, found.undos, found.redos, found.votes, found.resumptions) for one in kind
    ]
    assert len(set(numbers)) == len(numbers) == 7
    assert found.undos[0].takes_back == found.scores[2].entry and found.redos[0].brings_back == found.scores[2].entry
    assert (found.votes[0].runs, found.votes[0].winner) == (("r1", "r4"), "r4")
    assert {(one.run, one.value) for one in in_effect(found).scores.values()} == {("r2", 1), ("r1", 2), ("r4", 5)}


def test_what_was_never_sent_adds_nothing_and_a_finished_session_stays_finished(tmp_path: Path) -> None:
    made = in_file(tmp_path)
    path = tmp_path / f"{made.id}.toml"
    before = path.read_bytes()
    never = [*run_entries("r2", [ev.Queued("r2", 5), ev.Skipped("r2", 6, "It had failed before.")])]
    entries = [entry for entry in never if "started" not in entry]
    found = taken_in(tmp_path, entries, answers=0)
    assert path.read_bytes() == before
    assert (found.state, found.requests["r2"].fault) == (SessionState.FINISHED, None)


def test_an_answer_that_was_cut_is_kept_apart_as_well(tmp_path: Path) -> None:
    in_file(tmp_path)
    found = taken_in(tmp_path, theirs("r2", ["only", " half"], ended=False), answers=1)
    assert (found.requests["r4"].answer, found.requests["r4"].state) == ("only half", RequestState.CUT)
    assert found.requests["r2"].answer == "my r2 is this"


def test_later_ids_of_the_other_program_are_not_taken_away(tmp_path: Path) -> None:
    in_file(tmp_path)
    found = taken_in(tmp_path, [*theirs("r3", ["a"], model="m2"), *theirs("r4", ["b"])], answers=2)
    assert {run: found.requests[run].answer for run in ("r3", "r4", "r5")} == {
        "r3": "my r3 is this", "r4": "b", "r5": "a",
    }  # fmt: skip


def test_two_journals_of_two_programs_are_two_even_without_a_file(tmp_path: Path) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "state"
    made = session([MINE["r1"]])
    journal_with(folder, [*header(made), *run_entries("r1", stream("r1", ["one"], ended=True))], made.id)
    journal_with(spare, [*theirs("r1", ["two"]), score_entry(score("r1", 3))], made.id)
    (result,) = recover(folder, spare)
    found = load(result.path)
    assert {run: request.answer for run, request in found.requests.items()} == {"r1": "one", "r2": "two"}
    assert [one.run for one in found.scores] == ["r2"]
    assert names(spare) == []


def test_a_journal_that_says_the_same_twice_is_not_another(tmp_path: Path) -> None:
    made = session([MINE["r1"]])
    entries = run_entries("r1", stream("r1", ["once"], ended=True))
    path = journal_with(tmp_path, [*header(made), *entries, *entries], made.id)
    (result,) = recover(tmp_path)
    assert path.name.endswith(SUFFIX) and result.answers == 1
    assert {run: request.answer for run, request in load(result.path).requests.items()} == {"r1": "once"}
