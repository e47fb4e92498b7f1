"""Scores that a script gives: kept in the file as those of a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import foundry_compare as fc
from tests.support.sessions import request, session
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import RequestState
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.session_files import load, save

RUBRIC = fc.Rubric((fc.Criterion("tone", scale=9), fc.Criterion("facts")))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = session(
        [request("r1"), request("r2", model="m2"), request("r3", prompt="p2"), request("r4", state=RequestState.EMPTY)],
        prompts=[Prompt("Why?", key="p1", facets=("cost", "speed"))],
        session_id="rated",
        rubric=RUBRIC,
    )
    save(made, tmp_path / "rated.toml")
    return tmp_path / "rated.toml"


def test_what_is_said_is_in_the_file_and_counts(file: Path) -> None:
    with fc.rating(file, "ann") as rating:
        rating.score("r1", np.int64(8), "tone")
        rating.score(rating.session.requests["r1"], 2, "facts")
        rating.score("r1", 5, "facts")
        rating.tick("r1", "cost")
        rating.tick("r1", "speed", False)
        rating.vote(["r1", "r2"], winner="r2")
        rating.note("r2", "short")
    counts = fc.in_effect(load(file))
    assert {key: one.value for key, one in counts.scores.items()} == {
        ("r1", "ann", "tone"): 8,
        ("r1", "ann", "facts"): 5,
    }
    assert {facet: tick.ticked for (_, _, facet), tick in counts.facets.items()} == {"cost": True, "speed": False}
    assert [vote.winner for vote in counts.votes.values()] == ["r2"]
    assert [note.text for note in counts.notes.values()] == ["short"]
    with fc.rating(file, "ann") as rating:
        rating.score("r1", None, "facts")
        rating.vote(["r1", "r2"], fc.VoteChoice.BOTH_GOOD)
    counts = fc.in_effect(load(file))
    assert list(counts.scores) == [("r1", "ann", "tone")]
    assert [vote.choice for vote in counts.votes.values()] == [fc.VoteChoice.BOTH_GOOD]


@pytest.mark.parametrize(
    ("say", "sentence"),
    [
        (lambda rating: rating.score("r1", 10, "tone"), "10 is not on the scale of 1 to 9."),
        (lambda rating: rating.score("r1", 4.5, "tone"), "4.5 is no whole number."),
        (lambda rating: rating.score("r1", "good", "tone"), "'good' is no whole number."),
        (lambda rating: rating.score("r1", True, "tone"), "True is no whole number."),
        (lambda rating: rating.note("r1", 7), "A note is a text, and this is of type int."),
        (lambda rating: rating.score("r1", 3, "style"), "The session's rubric has no style. It has: tone, facts."),
        (lambda rating: rating.score("r9", 3, "tone"), "There is no request r9 in this session."),
        (lambda rating: rating.score("r4", 3, "tone"), "r4 has no answer that could be scored."),
        (lambda rating: rating.tick("r1", "age"), "The prompt has no facet age. It has: cost, speed."),
        (lambda rating: rating.vote(["r1"], "r1"), "A vote is on two answers or more."),
        (lambda rating: rating.vote(["r1", "r3"], "r1"), "A vote is on answers to one prompt."),
        (lambda rating: rating.vote(["r1", "r2"], "r3"), "A vote for a winner names one of the answers"),
    ],
)
def test_what_cannot_be_said_is_refused_and_the_rest_is_kept(
    file: Path, say: Callable[[fc.Rating], None], sentence: str
) -> None:
    with pytest.raises(fc.BadInputError) as caught, fc.rating(file, "ann") as rating:
        rating.score("r1", 1, "facts")
        say(rating)
    assert caught.value.sentence().startswith(sentence)
    assert [one.value for one in fc.in_effect(load(file)).scores.values()] == [1]


def test_a_file_that_cannot_be_written_is_refused_at_once(file: Path) -> None:
    lock = SessionLock(lock_path(file.parent, "rated"))
    assert lock.acquire()
    with pytest.raises(fc.StoreError) as caught, fc.rating(file):
        raise AssertionError("nothing is to be said")
    assert "Another program has it open" in caught.value.sentence()
    lock.release()
    with pytest.raises(fc.BadInputError), fc.rating(file.with_name("nothing.toml")):
        pass
