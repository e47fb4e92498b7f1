"""Copies of one session that several people scored become one, and nothing of what they said is lost or changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import some
from tui.core.plans.prompt import Prompt
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import Note, Rater, RaterKind, Redo, Score, Undo
from tui.core.sessions.entry_dict import ENTRY_KINDS, Entry, add_entry, complete_entries, without_entries
from tui.core.sessions.merge import Copy, Merged, merged
from tui.core.sessions.session import PART_OF, SCHEMA, Session
from tui.core.sessions.session_dict import session_from_dict, session_to_dict

RUNS = ("r1", "r2", "r3")


def at(seconds: float) -> dict[str, object]:
    return {"at": make.WHEN + timedelta(seconds=seconds)}


def copy(*entries: Entry, name: str = "", **changes: object) -> Session:
    """Somebody's copy of a session of three answers, with these entries."""
    session = replace(make.session([make.request(run) for run in RUNS]), **changes)  # type: ignore[arg-type]
    for entry in entries:
        add_entry(session, entry)
    complete_entries(session)
    return session


def merge(*sessions: Session) -> Merged:
    return merged([Copy(f"{letter}.toml", session) for letter, session in zip("abcdef", sessions, strict=False)])


def test_everybody_s_scores_and_notes_are_in_one_file_in_the_order_of_time() -> None:
    ann = copy(make.score("r1", 4, **at(1)), make.score("r2", 2, **at(5)))
    ben = copy(make.score("r1", 5, rater="ben", **at(3)), Note("r1", "ben", "short", make.WHEN + timedelta(seconds=4)))
    found = merge(ann, ben)
    assert (found.copies, found.duplicates, found.mismatches) == (2, [], [])
    scores = [(one.rater, one.run, one.value, one.entry) for one in found.session.scores]
    assert scores == [("ann", "r1", 4, 1), ("ben", "r1", 5, 2), ("ann", "r2", 2, 4)]
    assert [note.entry for note in found.session.notes] == [3]
    assert set(found.session.raters) == {"ann", "ben"}
    assert session_from_dict(session_to_dict(found.session)).scores == found.session.scores
    assert len(ann.scores) == 2 and len(ben.scores) == 1, "no copy is changed"


def test_what_two_copies_both_have_is_there_once_and_undo_finds_what_it_takes_back() -> None:
    first = (
        make.score("r1", 4, **at(1)),
        make.score("r1", 1, **at(2)),
        Undo(2, "ann", make.WHEN + timedelta(seconds=3)),
    )
    ann = copy(*first, make.score("r2", 3, **at(9)))
    ben = copy(*first, make.score("r1", 2, rater="ben", **at(4)), Undo(4, "ben", make.WHEN + timedelta(seconds=5)),
               Redo(4, "ben", make.WHEN + timedelta(seconds=6)))  # fmt: skip
    found = merge(ann, ben)
    assert (found.duplicates, found.mismatches) == ([], [])
    counted = {(one.rater, one.run): one.value for one in in_effect(found.session).scores.values()}
    assert counted == {("ann", "r1"): 4, ("ann", "r2"): 3, ("ben", "r1"): 2}
    assert len(found.session.scores) == 4
    (step,) = found.session.redos
    assert next(one for one in found.session.scores if one.entry == step.brings_back).rater == "ben"


def test_a_copy_that_adds_nothing_and_one_name_for_two_people_are_named() -> None:
    ann = copy(make.score("r1", 4, **at(1)))
    later = copy(make.score("r1", 4, **at(1)), make.score("r1", 3, **at(7)))
    other = copy(make.score("r1", 1, **at(2)), make.score("r2", 4, **at(3)))
    assert merge(ann, ann).duplicates == ["b.toml has nothing that a.toml has not"]
    assert merge(ann, later).duplicates == [], "she changed her mind, and is nobody else"
    found = merge(ann, other)
    assert found.duplicates == [
        "ann gave 1 score in more than one file (a.toml, b.toml), 1 of them differently: the latest count. "
        "If these are two people, each needs a name of their own"
    ]
    assert in_effect(found.session).scores["r1", "ann", "overall"].value == 1


def test_one_name_for_two_people_can_be_told_apart_by_their_files() -> None:
    first = make.score("r3", 3, rater="teacher", **at(0))
    ann = copy(first, make.score("r1", 4, rater="student", **at(1)), Note("r1", "student", "hm", make.WHEN))
    undone = Undo(2, "student", make.WHEN + timedelta(seconds=3))
    his = (make.score("r1", 1, rater="student", **at(2)), undone, make.score("r1", 2, rater="student", **at(4)))
    ben = copy(first, *his)
    found = merged([Copy("a.toml", ann), Copy("b.toml", ben)], apart=True)
    counted = {(one.rater, one.run): one.value for one in in_effect(found.session).scores.values()}
    assert counted == {("teacher", "r3"): 3, ("student (a)", "r1"): 4, ("student (b)", "r1"): 2}
    assert [note.rater for note in found.session.notes] == ["student (a)"]
    assert found.session.raters.keys() == {"teacher", "student (a)", "student (b)"}
    assert found.duplicates == [
        "student gave 1 score in more than one file (a.toml, b.toml), 1 of them differently: they are kept as several "
        "people's, each called by the file"
    ]
    assert session_from_dict(session_to_dict(found.session)).raters == found.session.raters


def test_other_answers_under_the_same_name_are_named_and_what_was_said_of_them_is_left_out() -> None:
    ann = copy(make.score("r1", 4, **at(1)))
    requests = {run: make.request(run, answer=("other",) if run == "r2" else ("one", " two", " three")) for run in RUNS}
    ben = copy(make.score("r1", 5, rater="ben"), make.score("r2", 5, rater="ben"), requests=requests)
    found = merge(ann, ben)
    assert found.mismatches == [
        "b.toml has other answers than a.toml as r2: what was said of them is left out",
    ]
    assert sorted((one.rater, one.run) for one in found.session.scores) == [("ann", "r1"), ("ben", "r1")]
    assert found.session.requests["r2"].answer == "one two three"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "20261122T110301Z-0000"}, "b.toml is another session (20261122T110301Z-0000) than a.toml"),
        ({"schema": SCHEMA + 1}, f"b.toml: It has schema {SCHEMA + 1}, and this version writes schema {SCHEMA}: "
         "some of it could be lost"),
        ({"extra": {PART_OF: "x"}}, "b.toml is a further part of a session"),
    ],
)  # fmt: skip
def test_what_is_no_copy_is_left_out_and_named(changes: dict[str, object], said: str) -> None:
    ann, other = copy(make.score("r1", 4)), copy(**changes)
    found = merge(ann, other)
    assert (found.mismatches, found.copies, len(found.session.scores)) == ([said], 1, 1)


def test_a_session_that_went_on_in_one_copy_goes_on_in_the_whole() -> None:
    ann = copy(make.score("r1", 4))
    ben = copy(make.score("r4", 5, rater="ben"))
    more = make.session([make.request("r4", prompt="p2")])
    ben = replace(ben, requests=ben.requests | more.requests, prompts=ben.prompts | more.prompts)
    found = merge(ann, ben)
    assert list(found.session.requests) == [*RUNS, "r4"] and not found.mismatches
    assert {one.run for one in found.session.scores} == {"r1", "r4"}


def test_two_that_went_on_in_two_ways_are_not_mixed() -> None:
    def went_on(question: str) -> Session:
        prompt = Prompt(question, key="p2")
        more = make.session([make.request("r4", prompt="p2", answer=(question,))], prompts=[prompt])
        session = copy(make.score("r4", 3, rater=question))
        return replace(session, requests=session.requests | more.requests, prompts=session.prompts | more.prompts)

    found = merge(went_on("one"), went_on("two"))
    assert found.mismatches == ["b.toml has other answers than a.toml as r4: what was said of them is left out"]
    assert [one.rater for one in found.session.scores] == ["one"]


def test_a_rater_of_two_kinds_is_named() -> None:
    ann, other = copy(make.score("r1", 4, **at(1))), copy(make.score("r1", 2, **at(2)))
    other.raters["ann"] = Rater("ann", RaterKind.JUDGE)
    assert merge(ann, other).mismatches == ["ann is a person in a.toml and a judge in b.toml"]


def test_nothing_that_can_be_merged_is_an_error() -> None:
    with pytest.raises(ValueError, match="no session"):
        merged([])
    with pytest.raises(ValueError, match="a further part"):
        merge(copy(extra={PART_OF: "x"}))


def test_keys_that_this_version_does_not_know_follow_their_entry() -> None:
    ann, ben = copy(make.score("r1", 4, **at(9))), copy(make.score("r1", 5, rater="ben", **at(1)))
    ann.unknown["score", "1"] = {"mood": "good"}
    assert merge(ann, ben).session.unknown == {("score", "2"): {"mood": "good"}}


steps = st.lists(
    st.tuples(st.sampled_from(RUNS), st.one_of(st.none(), st.integers(1, 5)), st.booleans(), st.integers(0, 50)),
    max_size=8,
)


def sitting(base: Session, rater: str, said: list[tuple[str, int | None, bool, int]]) -> Session:
    """What a rater made of a copy: scores, each of which may be taken back at once; the clock may be set back."""
    session = without_entries(base)
    for kind in ENTRY_KINDS:
        kind.of(session).extend(kind.of(base))
    for run, value, taken_back, second in said:
        entry = add_entry(session, Score(run, rater, value, make.WHEN + timedelta(seconds=second)))
        if taken_back:
            add_entry(session, Undo(entry.entry, rater, make.WHEN + timedelta(seconds=second + 1)))
    complete_entries(session)
    return session


@given(steps, st.lists(steps, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_what_counts_of_each_rater_is_what_counted_in_their_copy(
    before: list[tuple[str, int | None, bool, int]],
    after: list[list[tuple[str, int | None, bool, int]]],
    random: Random,
) -> None:
    base = sitting(copy(), "zoe", before)
    copies = [sitting(base, f"rater{number}", said) for number, said in enumerate(after)]
    random.shuffle(copies)
    found = merge(*copies)
    assert not found.mismatches and not [said for said in found.duplicates if "nothing that" not in said]
    expected = {key: one for session in copies for key, one in in_effect(session).scores.items()}
    assert in_effect(found.session).scores == expected
    numbers = sorted(entry.entry for kind in ENTRY_KINDS for entry in kind.of(found.session))
    assert numbers == list(range(1, len(numbers) + 1))
    again = merge(found.session, *copies).session
    assert (again.scores, again.undos) == (found.session.scores, found.session.undos)
    for kind in some(ENTRY_KINDS):
        assert {type(entry) for entry in kind.of(found.session)} <= {kind.type}
