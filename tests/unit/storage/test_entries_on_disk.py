"""Whatever was said and done in a session is there again: from its file, from its journal, and from both."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.sessions import WHEN, request, score, session
from tests.support.some import some
from tests.unit.core.test_session_dict import sessions
from tests.unit.storage.entries import folded, header, run_entries, stream
from tui.core.dict_reader import Table
from tui.core.errors import StoreError
from tui.core.plans.plan import Plan
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.judgement import Judgement, JudgementState
from tui.core.scoring.rating import Note, Rater, RaterKind, Undo, Vote, VoteChoice
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.entry_dict import ENTRY_KINDS, Entry, add_entry, complete_entries, to_journal, with_entries
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.presentation import NameMask, PaneOrder, Reveal
from tui.core.sessions.resumption import ChangedCondition, Resumption
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_dict import session_from_dict, session_to_dict
from tui.runner.ratings import Ratings
from tui.runner.session_recorder import SessionRecorder
from tui.storage import session_parts as parts
from tui.storage.journal import SUFFIX, Journal
from tui.storage.session_files import load, load_whole, save
from tui.storage.session_recovery import recover

STREAM = stream("r1", ["All ", "of it."], ended=True)
WHOLE = session([folded("r1", STREAM)])


class Recorded:
    """Takes what a session's recorder hands out, and writes nothing by itself."""

    def __init__(self) -> None:
        self.entries: list[Table] = []

    def record(self, entry: Table) -> None:
        self.entries.append(entry)

    def save(self, snapshot: Session, *, soon: bool = False) -> None:
        """Nothing: the test says when the file is written."""

    def problems(self) -> list[StoreError]:
        return []

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        return True


def journal_with(folder: Path, entries: list[Table]) -> Path:
    journal = Journal(folder / f"{WHOLE.id}{SUFFIX}")
    journal.append(*entries)
    journal.close()
    return journal.path


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(sessions(), st.integers(0, 20), st.booleans())
def test_any_entries_come_back_from_file_and_journal_wherever_the_file_ended(
    drawn: Session, in_file: int, with_file: bool
) -> None:
    """The journal has all of them, the file the first few or is not there: a program died."""
    entries = sorted((one for kind in ENTRY_KINDS for one in kind.of(drawn)), key=lambda one: one.entry)
    whole = with_entries(WHOLE, lambda kind: list(kind.of(drawn)))
    complete_entries(whole)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recorded = [*header(WHOLE), *run_entries("r1", STREAM), *map(to_journal, entries)]
        if with_file:
            kept = {entry.entry for entry in entries[:in_file]}
            early = with_entries(WHOLE, lambda kind: [one for one in kind.of(drawn) if one.entry in kept])
            save(replace(early, state=SessionState.RUNNING, raters={}), folder / f"{WHOLE.id}.toml")
        journal_with(folder, recorded)
        (result,) = recover(folder)
        assert result.problem is None
        found = load(result.path)
    found.state = whole.state
    for kind in some(ENTRY_KINDS):
        # Two entries that say the same at the same instant are one: file and journal are compared by what they say.
        assert set(kind.of(found)) == set(kind.of(whole))
    assert {one.entry for kind in ENTRY_KINDS for one in kind.of(found)} <= {one.entry for one in entries}
    assert in_effect(found) == in_effect(whole)


def everything(recorder: SessionRecorder, ratings: Ratings) -> None:
    """One of each thing that can be said or done."""
    ratings.score("r1", 3)
    ratings.score("r1", 5)
    ratings.note("r1", "fine")
    ratings.note("", "slow", model="m1")
    ratings.note("", "a good morning")
    ratings.vote(["r1", "r2"], VoteChoice.WINNER, "r2", positions=[2, 1])
    ratings.tick("r1", "sources", True)
    ratings.order_pass(7)
    ratings.order_pass(7)
    ratings.undo()
    ratings.undo()
    ratings.redo()
    more: list[Entry] = [
        PaneOrder("measure", "p1", ("m1",), WHEN, seed=7, blind=True),
        NameMask("r1", ((0, 3), (5, 9)), WHEN),
        Reveal("ann", WHEN, "measure", "p1"),
        Resumption(WHEN, "measure", (ChangedCondition("host.version", "1.0", None),)),
        NoiseFloor("measure", "m1", "ttft_ms", 0.04, 12, WHEN),
        Judgement(("r1", "r2"), "ann", JudgementState.DECIDED, WHEN, better="r2", reason="Shorter."),
    ]
    for entry in more:
        recorder.add(entry)
    recorder.name("A morning", ["workshop", "cpu"])


def test_all_that_can_be_recorded_is_read_back_from_the_journal_alone(tmp_path: Path) -> None:
    made = session([folded(run, stream(run, ["Yes."], ended=True)) for run in ("r1", "r2")])
    made.rubric = Rubric(
        (Criterion("overall", "All in all", "5: could not be better", 2.0), Criterion("tone", scale=3))
    )
    entries = [*header(made), *run_entries("r1", stream("r1", ["Yes."], ended=True))]
    entries += run_entries("r2", stream("r2", ["Yes."], ended=True))
    writer = Recorded()
    recorder = SessionRecorder(made, writer)
    assert recorder.rubric() == recorder.rubric() == made.rubric.hash
    everything(recorder, Ratings(made, "ann", lambda: WHEN, recorder.record))
    journal_with(tmp_path, [*entries, *writer.entries])
    (result,) = recover(tmp_path)
    assert result.problem is None
    found = load(result.path)
    assert found.state is SessionState.INTERRUPTED
    found.state = made.state
    assert session_to_dict(found) == session_to_dict(made)
    assert all(kind.of(found) for kind in some(ENTRY_KINDS)), "one of each kind"
    assert (found.title, found.tags, found.rubric) == ("A morning", ("workshop", "cpu"), made.rubric)
    assert (found.raters, found.scores[0].rubric) == ({"ann": Rater("ann")}, made.rubric.hash)
    mine = Ratings(found, "ann", lambda: WHEN, lambda entry: None)
    vote = mine.vote_on(["r1", "r2"])
    assert vote is not None and (vote.winner, vote.positions, mine.facets_of("r1")) == ("r2", (2, 1), {})


def test_what_was_undone_can_be_redone_by_the_next_program(tmp_path: Path) -> None:
    made = session([request("r1"), request("r2")])
    clock: Callable[[], datetime] = lambda: WHEN  # noqa: E731
    first = Ratings(made, "ann", clock, lambda entry: None)
    first.score("r1", 3)
    first.vote(["r1", "r2"], VoteChoice.BOTH_BAD)
    first.undo()
    save(made, tmp_path / "s.toml")
    later = Ratings(load(tmp_path / "s.toml"), "ann", clock, lambda entry: None)
    assert later.vote_on(["r1", "r2"]) is None and later.score_of("r1") == 3
    redone, undone = later.redo(), [later.undo(), later.undo(), later.undo()]
    assert redone is not None and isinstance(redone.new, Vote) and redone == undone[0]
    assert undone[1] is not None and undone[2] is None and later.score_of("r1") is None


def test_entries_of_a_large_session_are_in_the_part_of_their_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part is read alone by a report: what takes a score back is in the part that has the score."""
    monkeypatch.setattr(parts, "PART_BYTES", 2_500)
    made = session([request(f"r{number}", answer=[f"answer {number}"]) for number in range(9)])
    made.raters = {"ann": Rater("ann"), "judge": Rater("judge", RaterKind.JUDGE, "phi-4")}
    for number in range(9):
        add_entry(made, score(f"r{number}", number % 5 + 1))
    for number in range(0, 9, 2):
        add_entry(made, Undo(number + 1, "ann", WHEN))
    add_entry(made, Vote(("r0", "r8"), "ann", VoteChoice.BOTH_GOOD, WHEN))
    add_entry(made, Note("", "ann", "on the session", WHEN))
    paths = save(made, tmp_path / "s.toml")
    assert len(paths) > 2
    found = [load(path) for path in paths]
    assert sorted(key[0] for part in found for key in in_effect(part).scores) == ["r1", "r3", "r5", "r7"]
    assert [len(part.votes) for part in found][-1] == 1 and [len(part.notes) for part in found][-1] == 1
    assert session_to_dict(load_whole(paths[0])) == session_to_dict(made)


def test_parts_of_schema_1_which_had_no_numbers_become_one_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 2_500)
    made = session([request(f"r{number}") for number in range(9)], scores=[score(f"r{number}") for number in range(9)])
    for path in some(save(made, tmp_path / "s.toml")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        text = "".join(line for line in lines if not line.startswith("entry = "))
        text = text.replace('[[rater]]\nid = "ann"\nkind = "person"\n\n', "")
        path.write_text(text.replace("schema = 2", "schema = 1", 1), encoding="utf-8")
    found = load_whole(tmp_path / "s.toml")
    assert [one.run for one in found.scores] == [f"r{number}" for number in range(9)]
    assert sorted(one.entry for one in found.scores) == list(range(1, 10))
    save(found, tmp_path / "again.toml")
    assert session_to_dict(load_whole(tmp_path / "again.toml"))["score"] == session_to_dict(found)["score"]


@pytest.mark.strange_sessions
def test_a_session_of_a_newer_schema_is_read_and_never_written(tmp_path: Path) -> None:
    path = tmp_path / f"{WHOLE.id}.toml"
    save(session([folded("r1", STREAM)], scores=[score("r1")]), path)
    text = path.read_text(encoding="utf-8").replace("schema = 2", "schema = 3", 1)
    path.write_text(text.replace("[[score]]", '[[smell]]\nof = "toast"\n\n[[score]]'), encoding="utf-8")
    before = path.read_bytes()
    newer = load(path)
    assert newer.read_only and newer.schema == 3 and newer.extra == {"smell": [{"of": "toast"}]}
    assert [one.value for one in in_effect(newer).scores.values()] == [4]
    with pytest.raises(StoreError) as refused:
        save(newer, path)
    assert str(refused.value) == f"{path.name} was left as it is"
    assert refused.value.detail == "It has schema 3, and this version writes schema 2: some of it could be lost"
    journal_with(tmp_path, [*header(WHOLE), *run_entries("r2", stream("r2", ["More"], ended=True))])
    (result,) = recover(tmp_path)
    assert result.problem is not None and result.problem.title == f"{path.name} was left as it is"
    assert path.read_bytes() == before and len(list(tmp_path.glob(f"*{SUFFIX}"))) == 1


def test_a_follow_up_goes_on_with_the_conversation_of_its_model(tmp_path: Path) -> None:
    made = session([
        request("r1", answer=["It is red."]),
        request("r2", answer=["It was."], prompt="p2", plan="k2", follows="r1", host="A server"),
        request("r3", prompt="p3", plan="k3", follows="r2"),
    ])  # fmt: skip
    made.plans["k3"] = Plan("k3", made.plans["k3"].mode, ("m1",), ("p3",), follows=(("m1", "r2"),))
    made.prompts["p1"] = replace(made.prompts["p1"], system="Be brief.")
    save(made, tmp_path / "s.toml")
    found = load(tmp_path / "s.toml")
    assert [(one["role"], one["content"]) for one in found.messages_of(found.requests["r3"])] == [
        ("system", "Be brief."), ("user", "Question p1?"), ("assistant", "It is red."),
        ("user", "Question p2?"), ("assistant", "It was."), ("user", "Question p3?"),
    ]  # fmt: skip
    assert found.system_of(found.requests["r3"]) == "Be brief."
    assert [one.spec.host for one in found.requests.values()] == ["", "A server", ""]
    assert found.plans["k3"].follows == (("m1", "r2"),)


@pytest.mark.parametrize("follows", ["r1", "r2"])
def test_a_conversation_that_goes_in_a_circle_is_refused(follows: str) -> None:
    tables = session_to_dict(session([request("r1"), request("r2")]))
    tables["run"][0]["follows"] = follows
    with pytest.raises(ValueError, match=f"run r1 follows run {follows}, which is not before it"):
        session_from_dict(tables)
