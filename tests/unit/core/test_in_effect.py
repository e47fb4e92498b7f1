"""Which ratings count: the latest of each that was not taken back, whatever was undone and redone in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sessions import WHEN, score, session
from tests.support.some import any_number_of
from tui.core.scoring.in_effect import RatingsOf, in_effect, next_redo, next_undo, undone_entries
from tui.core.scoring.rating import FacetTick, Note, Rating, Redo, Undo, Vote, VoteChoice
from tui.core.sessions.entry_dict import Entry, add_entry
from tui.core.sessions.session import Session

STEPS = st.lists(st.sampled_from(["undo", "redo", "score", "clear", "style", "note", "vote", "tick"]), max_size=30)


def rating(kind: str, number: int, rater: str) -> Rating:
    match kind:
        case "score":
            return score("r1", number % 5 + 1, rater=rater)
        case "clear":
            return score("r1", None, rater=rater)
        case "style":
            return score("r2", number % 5 + 1, rater=rater, criterion="style")
        case "note":
            return Note("r1", rater, str(number), WHEN)
        case "vote":
            return Vote(("r1", "r2"), rater, VoteChoice.WINNER, WHEN, f"r{number % 2 + 1}")
        case _:
            return FacetTick("r1", "sources", rater, bool(number % 2), WHEN)


def key_of(one: Rating) -> tuple[object, ...]:
    match one:
        case Vote():
            return "vote", frozenset(one.runs), one.rater
        case FacetTick():
            return "facet", one.run, one.rater, one.facet
        case Note():
            return "note", one.run, one.model, one.rater
        case _:
            return "score", one.run, one.rater, one.criterion


def counts(one: Rating) -> bool:
    match one:
        case Vote():
            return one.choice is not None
        case FacetTick():
            return one.ticked is not None
        case Note():
            return bool(one.text)
        case _:
            return one.value is not None


def step(made: Session, kind: str, rater: str) -> None:
    """What the program does on a key."""
    if kind == "undo":
        found = next_undo(made, rater)
        if found is not None:
            add_entry(made, Undo(found.entry, rater, WHEN))
    elif kind == "redo":
        found = next_redo(made, rater)
        if found is not None:
            add_entry(made, Redo(found.entry, rater, WHEN))
    else:
        add_entry(made, rating(kind, len(made.scores) + len(made.votes) + len(made.facets), rater))


@given(st.lists(st.tuples(STEPS, st.sampled_from(["ann", "bob"])), max_size=4))
def test_undo_and_redo_are_those_of_an_editor_for_each_rater(turns: list[tuple[list[str], str]]) -> None:
    """Against two stacks a rater: what was done, and what was undone; something new empties the second."""
    made = session([])
    done: dict[str, list[Rating]] = {"ann": [], "bob": []}
    undone: dict[str, list[Rating]] = {"ann": [], "bob": []}
    for steps, rater in any_number_of(turns):
        for kind in any_number_of(steps):
            before = len(made.scores) + len(made.votes) + len(made.facets) + len(made.notes)
            step(made, kind, rater)
            if kind == "undo":
                undone[rater] += done[rater][-1:]
                del done[rater][-1:]
            elif kind == "redo":
                done[rater] += undone[rater][-1:]
                del undone[rater][-1:]
            else:
                every: list[Rating] = [*made.scores, *made.votes, *made.facets, *made.notes]
                assert len(every) == before + 1
                done[rater].append(max(every, key=lambda one: one.entry))
                undone[rater].clear()
            assert next_undo(made, rater) == (done[rater][-1] if done[rater] else None)
            assert next_redo(made, rater) == (undone[rater][-1] if undone[rater] else None)
    latest = {key_of(one): one for rater in done for one in sorted(done[rater], key=lambda one: one.entry)}
    found = in_effect(made)
    effective: list[Rating] = [
        *found.scores.values(), *found.votes.values(), *found.facets.values(), *found.notes.values()
    ]  # fmt: skip
    assert {key_of(one): one for one in effective} == {key: one for key, one in latest.items() if counts(one)}


def test_everything_can_be_taken_back_to_the_beginning_and_brought_back() -> None:
    made = session([])
    kinds = ["score", "note", "vote", "tick", "style", "score"]
    for kind in kinds:
        step(made, kind, "ann")
    full = in_effect(made)
    for _ in kinds:
        step(made, "undo", "ann")
    assert next_undo(made, "ann") is None
    assert in_effect(made) == in_effect(session([]))
    for _ in kinds:
        step(made, "redo", "ann")
    assert next_redo(made, "ann") is None
    assert in_effect(made) == full
    assert len(made.undos) == len(made.redos) == len(kinds)


def test_the_ratings_of_others_stay_when_one_undoes() -> None:
    made = session([], scores=[score("r1", 2), score("r1", 5, rater="bob")])
    step(made, "undo", "ann")
    assert [one.rater for one in in_effect(made).scores.values()] == ["bob"]
    assert next_undo(made, "ann") is None and next_redo(made, "bob") is None


def test_a_step_counts_by_its_number_not_by_its_clock_or_place() -> None:
    made = session([], scores=[score("r1", 2)])
    early, late = WHEN - timedelta(hours=1), WHEN + timedelta(hours=1)
    made.undos = [Undo(1, "ann", late, entry=4), Undo(1, "ann", early, entry=2)]
    made.redos = [Redo(1, "ann", late, entry=3)]
    assert undone_entries(made) == {1}
    made.redos.append(Redo(1, "ann", early, entry=5))
    assert undone_entries(made) == set()


def test_votes_count_once_for_the_same_answers_in_any_order() -> None:
    first = Vote(("r1", "r2"), "ann", VoteChoice.BOTH_BAD, WHEN)
    second = Vote(("r2", "r1"), "ann", VoteChoice.WINNER, WHEN, "r1")
    third = Vote(("r1", "r2", "r3"), "ann", VoteChoice.BOTH_GOOD, WHEN)
    made = session([])
    made.votes = [first, second, third]
    assert list(in_effect(made).votes.values()) == [second, third]
    made.votes.append(Vote(("r1", "r2"), "ann", None, WHEN))
    assert list(in_effect(made).votes.values()) == [third]


def test_notes_on_an_answer_a_model_and_the_session_stand_beside_each_other() -> None:
    made = session([], notes=[Note("r1", "ann", "an answer", WHEN), Note("", "ann", "a model", WHEN, "m1")])
    made.notes.append(Note("", "ann", "the session", WHEN))
    mine = RatingsOf(made, "ann")
    assert (mine.note_of("r1"), mine.note_of("", model="m1"), mine.note_of("")) == (
        "an answer", "a model", "the session",
    )  # fmt: skip
    assert mine.note_of("r2") == RatingsOf(made, "bob").note_of("r1") == ""


def test_facets_and_votes_of_one_rater_can_be_asked_for() -> None:
    made = session([])
    entries: list[Entry] = [
        FacetTick("r1", "sources", "ann", True, WHEN), FacetTick("r1", "tone", "ann", False, WHEN),
        FacetTick("r1", "sources", "bob", False, WHEN), Vote(("r1", "r2"), "ann", VoteChoice.BOTH_GOOD, WHEN),
    ]  # fmt: skip
    for entry in entries:
        add_entry(made, entry)
    mine = RatingsOf(made, "ann")
    assert mine.facets_of("r1") == {"sources": True, "tone": False} and mine.facets_of("r2") == {}
    vote = mine.vote_on(["r2", "r1"])
    assert vote is not None and vote.choice is VoteChoice.BOTH_GOOD
    add_entry(made, FacetTick("r1", "tone", "ann", None, WHEN))
    assert mine.facets_of("r1") == {"sources": True}


@pytest.mark.parametrize("rater", ["ann", "bob"])
def test_what_has_no_number_cannot_be_taken_back_by_one(rater: str) -> None:
    made = session([])
    made.scores = [score("r1", 2, rater=rater)]
    assert next_undo(made, rater) is None
