"""What reaches the keeper: everything, in order, and nothing is ever taken away."""

from __future__ import annotations

from tests.conductor.conftest import Cards
from tests.support.conducting import RecordingKeeper, to_the_end
from tests.support.loopback_host import LoopbackHost
from tests.support.some import some
from tui.conductor import Conductor
from tui.core.lane import Lane, LaneState
from tui.core.plan import Mode
from tui.core.rating import Score, current_notes, current_scores
from tui.core.session_dict import lane_to_dict, session_from_dict, session_to_dict


def test_every_event_of_every_lane_is_recorded_in_order(
    fresh: Conductor, host: LoopbackHost, memory: RecordingKeeper, cards: Cards
) -> None:
    host.broken = {"reasoning"}
    fresh.begin(cards("good", "half_characters", "cut", "e429", "reasoning"), "hi")
    run = to_the_end(fresh)
    for lane in some(run.lanes.values()):
        again = Lane(lane.spec)
        for event in memory.events(lane.spec.id):
            again.fold(event)
        again.started = lane.started
        assert lane_to_dict(again) == lane_to_dict(lane)
        assert again.marks == lane.marks


def test_every_finished_lane_is_in_the_snapshot_that_its_end_brings(
    fresh: Conductor, memory: RecordingKeeper, cards: Cards
) -> None:
    run = fresh.begin(cards("late_text", "e500", "empty"), "hi", mode=Mode.MEASURE, rounds=2, warmup=0)
    finished: set[str] = set()
    while fresh.busy:
        fresh.wait(0.02)
        ended = {lane for lane in fresh.tick() if run.lanes[lane].state.final}
        assert not ended or ended <= memory.snapshots[-1].lanes.keys()
        finished |= ended
    assert finished == set(run.lanes)
    assert len({len(snapshot.lanes) for snapshot in memory.snapshots}) == len(finished)


def test_a_snapshot_holds_only_what_does_not_change_any_more(
    fresh: Conductor, memory: RecordingKeeper, cards: Cards
) -> None:
    fresh.begin(cards("late_text", "good", "burst"), "hi", mode=Mode.MEASURE)
    to_the_end(fresh)
    # One for each end, and one more when a last look at the memory came after it.
    by_size = {len(snapshot.lanes): snapshot for snapshot in memory.snapshots}
    assert list(by_size) == list(range(1, len(by_size) + 1)) and len(by_size) > 1
    for number, snapshot in some(by_size.items()):
        assert all(lane.state.final for lane in some(snapshot.lanes.values()))
        assert session_to_dict(session_from_dict(session_to_dict(snapshot)))["end"]["runs"] == number


def test_what_is_asked_is_recorded_before_what_comes_back(
    fresh: Conductor, memory: RecordingKeeper, cards: Cards
) -> None:
    fresh.begin(cards("late_text", "burst"), "hi")
    to_the_end(fresh)
    kinds = [next(iter(entry)) for entry in memory.entries]
    assert kinds[:7] == ["session", "model", "model", "prompt", "plan", "lane", "lane"]
    assert set(kinds[7:]) == {"event", "started"}


def test_scores_notes_and_what_is_undone_are_entries_that_stay(
    fresh: Conductor, memory: RecordingKeeper, cards: Cards
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
    changes = [(step.old, step.new) for step in (*steps, last) if step is not None]
    assert [
        tuple(entry.value if isinstance(entry, Score) else entry.text for entry in change) for change in changes
    ] == [("", "too short"), (4, 2), (None, 4)]
    assert ratings.score_of("r1") is None
    assert [score.value for score in session.scores] == [4, 2, 4, None]
    assert [note.text for note in session.notes] == ["too short", ""]
    assert {score.rater for score in session.scores} == {"ada"}
    assert current_scores(session.scores) == {} and current_notes(session.notes) == {}
    said = [entry.get("score", entry.get("note")) for entry in memory.entries[before:]]
    assert [entry.get("value", entry.get("text")) for entry in said if entry] == [4, 2, "too short", "", 4, None]
    assert len(memory.snapshots) == saves + 6


def test_the_same_score_twice_is_one_entry(fresh: Conductor, cards: Cards) -> None:
    fresh.begin(cards("late_text"), "hi")
    to_the_end(fresh)
    fresh.ratings.score("r1", 3)
    fresh.ratings.score("r1", 3)
    assert len(fresh.session.scores) == 1


def test_a_second_launch_leaves_the_first_and_its_score_as_they_were(fresh: Conductor, cards: Cards) -> None:
    run = fresh.begin(cards("late_text"), "hi")
    to_the_end(fresh)
    fresh.ratings.score("r1", 5)
    before = lane_to_dict(run.lanes["r1"])
    fresh.rerun("m1")
    to_the_end(fresh)
    assert lane_to_dict(fresh.session.lanes["r1"]) == before
    assert fresh.session.lanes["r2"].state is LaneState.DONE
    assert (fresh.ratings.score_of("r1"), fresh.ratings.score_of("r2")) == (5, None)


def test_what_is_asked_twice_is_kept_once(fresh: Conductor, memory: RecordingKeeper, cards: Cards) -> None:
    for user in ("one", "two", "one"):
        fresh.begin(cards("late_text"), user)
        to_the_end(fresh)
    session = fresh.session
    assert [lane.spec.prompt for lane in session.lanes.values()] == ["p1", "p2", "p1"]
    assert [list(table) for table in (session.targets, session.prompts, session.plans, session.lanes)] == [
        ["m1"], ["p1", "p2"], ["plan1", "plan2", "plan3"], ["r1", "r2", "r3"],
    ]  # fmt: skip
    assert sum("session" in entry for entry in memory.entries) == 1
    assert [entry["prompt"]["user"] for entry in memory.entries if "prompt" in entry] == ["one", "two"]
