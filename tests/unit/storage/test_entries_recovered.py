"""Whatever is said of answers, models and sessions, and done on the screen, goes through journal and recovery whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.sessions import WHEN, request, session
from tests.support.some import some
from tests.unit.core.test_session_dict import sessions
from tests.unit.storage.entries import Entry, folded, header, run_entries, stream
from tui.core.scoring.in_effect import in_effect, next_redo, next_undo
from tui.core.scoring.judgement import Judgement, JudgementState
from tui.core.scoring.rating import Note, Rater, RaterKind, Score, Undo, VoteChoice
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.entry_dict import ENTRY_KINDS, complete_entries, to_journal, with_entries
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.plan_dict import prompt_to_dict
from tui.core.sessions.presentation import NameMask, PaneOrder, Reveal, ScorePassOrder
from tui.core.sessions.rater_dict import rater_to_dict, rubric_to_dict
from tui.core.sessions.resumption import ChangedCondition, Resumption
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_dict import session_to_dict
from tui.runner.ratings import Ratings
from tui.runner.session_recorder import SessionRecorder
from tui.storage.journal import Journal, journal_path
from tui.storage.session_files import load, load_sessions, save
from tui.storage.session_recovery import recover
from tui.storage.toml_writer import emit

QUICK = settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # Making a whole session smaller takes minutes.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
RUBRIC = Rubric((Criterion("true", "Truth", "Is it so?", 2.0, 7), Criterion("kind", scale=3)))


def recovered(folder: Path, entries: list[Entry], file: Session | None) -> Session:
    """What the next start makes of a journal with these entries, and of this file if there was one yet.

    The same as whoever reads it before that is given.
    """
    path = folder / "s.toml"
    if file is not None:
        save(file, path)
    journal = Journal(journal_path(folder, "s"))
    journal.append(*entries)
    journal.close()
    before = list(load_sessions(path)) if file is not None else []
    (result,) = recover(folder)
    assert result.problem is None
    found = load(path)
    assert [session_to_dict(one) for one in before] == [session_to_dict(found)] * len(before)
    path.unlink()
    return found


def until_number(whole: Session, number: int) -> Session:
    """The session as it was when the entry of this number was the last."""
    return with_entries(whole, lambda kind: [entry for entry in kind.of(whole) if entry.entry <= number])


def all_entries(whole: Session) -> list[Any]:
    found = [entry for kind in ENTRY_KINDS for entry in kind.of(whole)]
    return sorted(found, key=lambda entry: int(entry.entry))


@pytest.mark.slow
@QUICK
@given(whole=sessions(), data=st.data())
def test_every_kind_of_entry_comes_back_wherever_the_file_was_written(
    whole: Session, data: st.DataObject, tmp_path: Path
) -> None:
    whole = replace(whole, requests={}, state=SessionState.RUNNING)
    said = all_entries(whole)
    early = replace(whole, title="", tags=(), raters={name: Rater(name) for name in whole.raters})
    first = [
        *(entry for entry in header(early) if "prompt" not in entry),
        *({"prompt": prompt_to_dict(prompt)} for prompt in whole.prompts.values()),
        *({"rubric": rubric_to_dict(key, rubric)} for key, rubric in whole.rubrics.items()),
        *({"rater": rater_to_dict(rater)} for rater in whole.raters.values()),
        {"about": {"title": whole.title, "tags": list(whole.tags)}},
    ]
    written_at = data.draw(st.none() | st.integers(0, len(said)))
    file = None if written_at is None else until_number(early, written_at)
    found = recovered(tmp_path, [*first, *map(to_journal, said)], file)
    assert session_to_dict(found) == session_to_dict(replace(whole, state=SessionState.INTERRUPTED))


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["score", "vote", "tick", "note", "note on a model", "note on the session", "undo", "redo"]),
        st.integers(1, 5),
    ),
    max_size=25,
)


def act(ratings: Ratings, action: str, number: int) -> None:
    run = f"r{1 + number % 2}"
    match action:
        case "score":
            ratings.score(run, number, position=number)
        case "vote":
            winner = run if number > 2 else ""
            ratings.vote(["r1", "r2"], VoteChoice.WINNER if winner else VoteChoice.BOTH_BAD, winner)
        case "tick":
            ratings.tick(run, "tides", number % 2 == 0)
        case "note":
            ratings.note(run, f"{number}\r\n")
        case "note on a model":
            ratings.note("", f"of it {number}", model="m1")
        case "note on the session":
            ratings.note("", f"of all {number}")
        case "undo":
            ratings.undo()
        case "redo":
            ratings.redo()


@pytest.mark.slow
@QUICK
@given(actions=ACTIONS, written_at=st.integers(0, 25))
def test_what_people_rate_take_back_and_bring_back_counts_after_a_crash_as_before(
    actions: list[tuple[str, str, int]], written_at: int, tmp_path: Path
) -> None:
    whole = session([request("r1"), request("r2", model="m2")])
    whole.state = SessionState.RUNNING
    entries: list[Entry] = header(whole)
    instants: Iterator[int] = count()
    raters = {
        name: Ratings(whole, name, lambda: WHEN + timedelta(seconds=next(instants) // 3), entries.append)
        for name in ("ann", "bob")
    }
    file = None
    for place, (name, action, number) in enumerate(actions):
        if place == written_at:
            file = replace(with_entries(whole, lambda kind: list(kind.of(whole))), raters=dict(whole.raters))
        act(raters[name], action, number)
    file = file or replace(session(whole.requests.values()), state=SessionState.RUNNING)
    found = recovered(tmp_path, entries, file)
    assert session_to_dict(found) == session_to_dict(replace(whole, state=SessionState.INTERRUPTED))
    assert in_effect(found) == in_effect(whole)
    for name in some(raters):
        assert (next_undo(found, name), next_redo(found, name)) == (next_undo(whole, name), next_redo(whole, name))


def test_what_is_learnt_of_a_rater_after_the_file_was_written_is_kept(tmp_path: Path) -> None:
    file = session([request("r1")])
    file.raters = {"ann": Rater("ann")}
    later = Rater("ann", RaterKind.ADJUDICATED, settles=("bob",))
    found = recovered(tmp_path, [{"rater": rater_to_dict(later)}], file)
    assert found.raters == {"ann": later}


class Noted:
    """A writer that takes entries, and keeps no file."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def record(self, entry: Entry) -> None:
        self.entries.append(entry)

    def save(self, snapshot: Session, *, soon: bool = False) -> None:
        """Nothing is written."""

    def problems(self) -> tuple[()]:
        return ()

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        return False


def test_what_the_runner_records_of_a_session_that_was_never_written_is_kept(tmp_path: Path) -> None:
    noted = Noted()
    live = Session("s", WHEN, rubric=RUBRIC)
    recorder = SessionRecorder(live, noted)
    recorder.open()
    assert recorder.rubric() == RUBRIC.hash
    recorder.name("The tides", ["class 7b", "tides"])
    recorder.add(PaneOrder("k1", "p1", ("m2", "m1"), WHEN, seed=7, blind=True))
    recorder.add(NameMask("r1", ((3, 9), (12, 14)), WHEN))
    recorder.add(Reveal("ann", WHEN, "k1", "p1"))
    recorder.add(ScorePassOrder("ann", WHEN, 7))
    recorder.add(
        Resumption(WHEN, "k1", (ChangedCondition("python", "3.12", "3.13"), ChangedCondition("os", None, "x")))
    )
    recorder.add(NoiseFloor("k1", "m1", "ttft_ms", 0.04, 6, WHEN))
    recorder.add(Judgement(("r1", "r2"), "judge", JudgementState.REFUSED, WHEN, reason="it declined"))
    found = recovered(tmp_path, noted.entries, None)
    complete_entries(live)  # As the file is written, too: whoever is named is listed.
    assert session_to_dict(found) == session_to_dict(replace(live, state=SessionState.INTERRUPTED))
    assert (found.rubric, found.title, found.tags) == (RUBRIC, "The tides", ("class 7b", "tides"))
    assert [len(kind.of(found)) for kind in ENTRY_KINDS if kind.of(found)] == [1, 1, 1, 1, 1, 1, 1]


def test_a_title_that_was_given_after_the_file_was_written_is_the_last_one(tmp_path: Path) -> None:
    noted = Noted()
    live = session([request("r1")])
    live.title, live.tags = "First", ("a",)
    file = replace(live)
    SessionRecorder(live, noted).name("Last", [])
    found = recovered(tmp_path, noted.entries, file)
    assert (found.title, found.tags) == ("Last", ())
    assert found.state is SessionState.FINISHED, "a title breaks nothing off"


def test_two_that_say_the_same_at_once_are_two(tmp_path: Path) -> None:
    file = replace(
        session([request("r1")], scores=[Score("r1", "ann", 4, WHEN, entry=1)]), raters={"ann": Rater("ann")}
    )
    file.undos = [Undo(1, "ann", WHEN, entry=2)]
    again = Undo(1, "ann", WHEN, entry=4)
    found = recovered(tmp_path, [*map(to_journal, [*file.scores, *file.undos, again])], file)
    assert [undo.entry for undo in found.undos] == [2, 4]
    assert len(found.scores) == 1


def test_what_toml_cannot_hold_is_not_taken_for_something_else(tmp_path: Path) -> None:
    note = Note("r1", "ann", "half a character: \ud83d", WHEN, entry=1)
    file = replace(session([request("r1")], notes=[note]), raters={"ann": Rater("ann")})
    found = recovered(tmp_path, [to_journal(note)], file)
    assert [one.text for one in found.notes] == ["half a character: \N{REPLACEMENT CHARACTER}"]


def test_entries_without_numbers_are_found_by_what_they_say(tmp_path: Path) -> None:
    early, late = Score("r1", "ann", 4, WHEN), Score("r1", "ann", 2, WHEN + timedelta(seconds=1))
    file = session([request("r1")], scores=[early])
    found = recovered(tmp_path, [to_journal(early), to_journal(late)], file)
    assert [(score.value, score.entry) for score in found.scores] == [(4, 1), (2, 2)]


def test_a_journal_of_schema_1_is_completed_beside_its_file(tmp_path: Path) -> None:
    """Its file was behind, and neither has numbers, raters or a title."""
    events = {run: stream(run, ["said"], ended=True) for run in ("r1", "r2")}
    whole = session([folded(run, heard) for run, heard in events.items()])
    first, *more = header(whole)
    first["session"]["schema"] = 1
    ratings: list[Entry] = [
        {"score": {"run": "r1", "rater": "ann", "criterion": "overall", "value": value, "scale": 5, "at": WHEN}}
        for value in (4, 2)
    ] + [
        {"note": {"run": "r2", "rater": "bob", "text": "Well.", "at": WHEN}},
    ]
    entries = [first, *more, *(entry for run, heard in events.items() for entry in run_entries(run, heard)), *ratings]
    tables = session_to_dict(session([whole.requests["r1"]]))
    of_then = {key: value for key, value in tables.items() if value and key not in ("rubric", "rater")}
    of_then |= {"schema": 1, "score": [ratings[0]["score"]], "end": {"runs": 1, "scores": 1, "notes": 0}}
    (tmp_path / "s.toml").write_text(emit(of_then), encoding="utf-8")
    found = recovered(tmp_path, entries, None)
    assert [(score.value, score.entry) for score in found.scores] == [(4, 1), (2, 2)]
    assert [(note.text, note.entry) for note in found.notes] == [("Well.", 3)]
    assert (list(found.requests), list(found.raters)) == (["r1", "r2"], ["ann", "bob"])
