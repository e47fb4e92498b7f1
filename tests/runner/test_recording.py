"""What reaches the writer: everything, in order, and nothing is ever taken away."""

from __future__ import annotations

import pytest

from tests.runner.conftest import Cards
from tests.support.loopback_host import LoopbackHost
from tests.support.running import RecordingWriter, to_the_end
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import Score
from tui.core.sessions.session_dict import request_to_dict, session_from_dict, session_to_dict
from tui.core.sessions.timing_dict import as_kept
from tui.runner import Runner


@pytest.mark.slow
def test_every_event_of_every_request_is_recorded_in_order(
    fresh: Runner, host: LoopbackHost, memory: RecordingWriter, cards: Cards
) -> None:
    host.broken = {"reasoning"}
    fresh.begin(cards("good", "half_characters", "cut", "e429", "reasoning"), "hi")
    run = to_the_end(fresh)
    for request in some(run.requests.values()):
        again = Request(request.spec)
        for event in memory.events(request.spec.id):
            again.fold(event)
        again.started = request.started
        assert request_to_dict(again) == request_to_dict(request)
        assert as_kept(again.timestamps) == as_kept(request.timestamps)


@pytest.mark.slow
def test_every_finished_request_is_in_the_snapshot_that_its_end_brings(
    fresh: Runner, memory: RecordingWriter, cards: Cards
) -> None:
    run = fresh.begin(cards("late_text", "e500", "empty"), "hi", PlanOptions(mode=Mode.MEASURE, rounds=2, warmup=0))
    finished: set[str] = set()
    while fresh.busy:
        fresh.wait(0.02)
        ended = {request for request in fresh.tick() if run.requests[request].state.final}
        assert not ended or ended <= memory.snapshots[-1].requests.keys()
        finished |= ended
    assert finished == set(run.requests)
    assert len({len(snapshot.requests) for snapshot in memory.snapshots}) == len(finished)


@pytest.mark.slow
def test_a_snapshot_holds_only_what_does_not_change_any_more(
    fresh: Runner, memory: RecordingWriter, cards: Cards
) -> None:
    fresh.begin(cards("late_text", "good", "burst"), "hi", PlanOptions(mode=Mode.MEASURE))
    to_the_end(fresh)
    # One for each end, and one more when a last look at the memory came after it.
    by_size = {len(snapshot.requests): snapshot for snapshot in memory.snapshots}
    assert list(by_size) == list(range(1, len(by_size) + 1)) and len(by_size) > 1
    for number, snapshot in some(by_size.items()):
        assert all(request.state.final for request in some(snapshot.requests.values()))
        assert session_to_dict(session_from_dict(session_to_dict(snapshot)))["end"]["runs"] == number


@pytest.mark.slow
def test_what_is_asked_is_recorded_before_what_comes_back(fresh: Runner, memory: RecordingWriter, cards: Cards) -> None:
    fresh.begin(cards("late_text", "burst"), "hi")
    to_the_end(fresh)
    kinds = [next(iter(entry)) for entry in memory.entries]
    assert kinds[:7] == ["session", "model", "model", "prompt", "plan", "request", "request"]
    assert set(kinds[7:]) == {"event", "started"}


@pytest.mark.slow
def test_scores_notes_and_what_is_undone_are_entries_that_stay(
    fresh: Runner, memory: RecordingWriter, cards: Cards
) -> None:
    fresh.begin(cards("late_text"), "hi")
    to_the_end(fresh)
    ratings, session, before = fresh.ratings, fresh.session, len(memory.entries)
    saves = len(memory.snapshots)
    ratings.score("r1", 4, position=2)
    ratings.score("r1", 2)
    ratings.note("r1", "too short")
    steps = [ratings.undo(), ratings.undo()]
    assert (ratings.score_of("r1"), ratings.note_of("r1")) == (4, "")
    last = ratings.last
    assert last is not None and ratings.undo() == last
    assert ratings.last is None and ratings.undo() is None
    assert in_effect(session).scores == {} and in_effect(session).notes == {}
    changes = [(step.old, step.new) for step in (*steps, last) if step is not None]
    assert [
        tuple(entry.value if isinstance(entry, Score) else entry.text for entry in change) for change in changes
    ] == [("", "too short"), (4, 2), (None, 4)]
    assert ratings.score_of("r1") is None
    again = [ratings.redo(), ratings.redo(), ratings.redo()]
    assert again == [last, *reversed(steps)] and ratings.redo() is None and ratings.next is None
    assert (ratings.score_of("r1"), ratings.note_of("r1")) == (2, "too short")
    assert [score.value for score in session.scores] == [4, 2]
    assert [note.text for note in session.notes] == ["too short"]
    assert {entry.rater for entry in [*session.scores, *session.undos, *session.redos]} == {"ada"}
    said = [next(iter(entry.items())) for entry in memory.entries[before:]]
    assert [kind for kind, _ in said] == ["rater", "score", "score", "note", *3 * ["undo"], *3 * ["redo"]]
    assert [entry["entry"] for kind, entry in said if kind != "rater"] == list(range(1, 10))
    assert [entry.get("takes_back", entry.get("brings_back")) for _, entry in said[4:]] == [3, 2, 1, 1, 2, 3]
    assert len(memory.snapshots) == saves + 10


@pytest.mark.slow
def test_the_same_score_twice_is_one_entry(fresh: Runner, cards: Cards) -> None:
    fresh.begin(cards("late_text"), "hi")
    to_the_end(fresh)
    fresh.ratings.score("r1", 3)
    fresh.ratings.score("r1", 3)
    assert len(fresh.session.scores) == 1


@pytest.mark.slow
def test_a_second_launch_leaves_the_first_and_its_score_as_they_were(fresh: Runner, cards: Cards) -> None:
    run = fresh.begin(cards("late_text"), "hi")
    to_the_end(fresh)
    fresh.ratings.score("r1", 5)
    before = request_to_dict(run.requests["r1"])
    fresh.rerun("m1")
    to_the_end(fresh)
    assert request_to_dict(fresh.session.requests["r1"]) == before
    assert fresh.session.requests["r2"].state is RequestState.DONE
    assert (fresh.ratings.score_of("r1"), fresh.ratings.score_of("r2")) == (5, None)


@pytest.mark.slow
def test_what_is_asked_twice_is_kept_once(fresh: Runner, memory: RecordingWriter, cards: Cards) -> None:
    for user in ("one", "two", "one"):
        fresh.begin(cards("late_text"), user)
        to_the_end(fresh)
    session = fresh.session
    assert [request.spec.prompt for request in session.requests.values()] == ["p1", "p2", "p1"]
    assert [list(table) for table in (session.models, session.prompts, session.plans, session.requests)] == [
        ["m1"], ["p1", "p2"], ["plan1", "plan2", "plan3"], ["r1", "r2", "r3"],
    ]  # fmt: skip
    assert sum("session" in entry for entry in memory.entries) == 1
    assert [entry["prompt"]["user"] for entry in memory.entries if "prompt" in entry] == ["one", "two"]
