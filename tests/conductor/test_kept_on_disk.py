"""Conductor, keeper and reader together: what the screen shows at the end is what the file holds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from tests.conductor.dying_conductor import ID
from tests.store.entries import folded, header, run_entries, stream, until
from tests.support.conducting import lanes_of, to_the_end
from tests.support.conducting import until as tick_until
from tests.support.learning_host import WHY, LearningHost
from tests.support.loopback_server import WORDS, LoopbackServer
from tests.support.sessions import MS, SENT, session
from tests.support.some import some
from tui.conductor import Conductor, new_session
from tui.core import events as ev
from tui.core.lane import LEARNT, Lane, LaneState
from tui.core.limits import MAX_BYTES, TOO_LONG, stored_bytes
from tui.core.session import Session
from tui.core.session_dict import lane_to_dict
from tui.store.journal import SUFFIX, read_entries
from tui.store.keeper import SessionKeeper
from tui.store.recovery import recover
from tui.store.sessions import load

ROOT = Path(__file__).parents[2]
LATE = SENT + 900 * MS
EVENTS: dict[type[ev.Event], ev.Event] = {
    ev.Queued: ev.Queued("r1", LATE),
    ev.Loading: ev.Loading("r1", LATE),
    ev.Loaded: ev.Loaded("r1", LATE),
    ev.Sent: ev.Sent("r1", LATE),
    ev.Adjusted: ev.Adjusted("r1", LATE, ("seed",)),
    ev.Headers: ev.Headers("r1", LATE),
    ev.Delta: ev.Delta("r1", LATE, 99, ev.Kind.ANSWER, "more"),
    ev.ThinkingFound: ev.ThinkingFound("r1", 1, 2, 3),
    ev.Usage: ev.Usage("r1", 7, 70, 3, "tokenizer"),
    ev.Ended: ev.Ended("r1", LATE, "length"),
    ev.Failed: ev.Failed("r1", LATE, "stream", "It broke."),
    ev.Cancelled: ev.Cancelled("r1", LATE),
    ev.Skipped: ev.Skipped("r1", LATE),
    ev.Explained: ev.Explained("r1", LATE, WHY, "Run it again."),
    ev.Memory: ev.Memory("r1", LATE, 5 << 30, 1 << 30),
}
"""One of each kind."""
ENDINGS: dict[str, list[ev.Event]] = {
    "done": stream("r1", ["All ", "of it."], ended=True),
    "cut": [*stream("r1", ["Half"], ended=False), ev.Ended("r1", SENT + 500 * MS)],
    "failed": [*stream("r1", ["Half"], ended=False), ev.Failed("r1", SENT + 500 * MS, "stream", "It broke off.")],
    "stopped": [*stream("r1", ["Half"], ended=False), ev.Cancelled("r1", SENT + 500 * MS)],
}


@pytest.fixture
def host(server: LoopbackServer) -> LearningHost:
    return LearningHost(server.port)


@pytest.fixture
def keeper(tmp_path: Path) -> SessionKeeper:
    return SessionKeeper(tmp_path / "sessions", ID, tmp_path / "state")


@pytest.fixture
def kept(host: LearningHost, keeper: SessionKeeper) -> Iterator[Conductor]:
    conductor = Conductor(host, new_session(ID, datetime.now(UTC)), keeper)
    yield conductor
    conductor.close()


def texts(lane: Lane) -> dict[str, object]:
    """A lane as its file has it."""
    return lane_to_dict(lane)


def test_what_is_learnt_after_the_end_is_in_the_file(
    kept: Conductor, host: LearningHost, keeper: SessionKeeper
) -> None:
    kept.begin([host.card("delta_and_message"), host.card("cut"), host.card("error_in_stream")], "hi")
    run = to_the_end(kept)
    assert kept.close()
    found = load(keeper.path)
    assert [path.name for path in keeper.path.parent.iterdir()] == [keeper.path.name]
    assert {key: texts(lane) for key, lane in found.lanes.items()} == {k: texts(lane) for k, lane in run.lanes.items()}
    counted, cut, failed = (found.lanes[lanes_of(kept, name)[0].spec.id] for name in host_names())
    assert counted.usage == ev.Usage(counted.spec.id, None, len(WORDS), None, "tokenizer")
    for lane, state in ((cut, LaneState.CUT), (failed, LaneState.FAILED)):
        assert (lane.state, lane.fault and lane.fault.message) == (state, WHY)
    assert all(lane.memory is not None for lane in some(found.lanes.values()))


def host_names() -> tuple[str, ...]:
    return ("delta_and_message", "cut", "error_in_stream")


def test_what_is_learnt_is_in_the_file_while_the_program_still_runs(
    kept: Conductor, host: LearningHost, keeper: SessionKeeper
) -> None:
    kept.begin([host.card("delta_and_message")], "hi")
    (lane,) = to_the_end(kept).lanes.values()
    until(lambda: keeper.path.exists() and load(keeper.path).lanes[lane.spec.id].usage == lane.usage)
    assert lane.usage is not None


def test_what_was_learnt_and_not_yet_in_the_file_survives_a_kill(tmp_path: Path) -> None:
    folder, spare = tmp_path / "sessions", tmp_path / "state"
    command = [sys.executable, "-m", "tests.conductor.dying_conductor", str(folder), str(spare)]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == b"learnt\n"
        until(lambda: (folder / f"{ID}.toml").exists() and _everything_is_noted(folder))
    finally:
        program.kill()
        program.communicate()
    before = load(folder / f"{ID}.toml")
    assert any(lane.usage is None or lane.fault is None for lane in before.lanes.values())
    (result,) = recover(folder, spare)
    assert result.problem is None
    found = load(folder / f"{ID}.toml")
    states = {lane.state: lane for lane in found.lanes.values()}
    assert states.keys() == {LaneState.DONE, LaneState.CUT, LaneState.FAILED}
    usage = states[LaneState.DONE].usage
    assert usage is not None and (usage.completion_tokens, usage.source) == (len(WORDS), "tokenizer")
    for state in (LaneState.CUT, LaneState.FAILED):
        fault = states[state].fault
        assert fault is not None and fault.message == WHY
    assert [path.name for path in folder.iterdir()] == [f"{ID}.toml"]


def _everything_is_noted(folder: Path) -> bool:
    kinds = [entry.get("event") for entry in read_entries(folder / f"{ID}{SUFFIX}")]
    return kinds.count("explained") == 2 and "usage" in kinds


def test_there_is_one_of_every_event() -> None:
    assert EVENTS.keys() == set(get_args(ev.Event))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: type(event).__name__)
def test_any_event_after_the_end_is_in_the_file_as_it_is_on_the_screen(
    event: ev.Event, ending: str, keeper: SessionKeeper
) -> None:
    lane, before = _ended_in_file(keeper, ending)
    _learn(keeper, lane, event)
    keeper.save(_session(lane))
    assert keeper.close(None)
    after = texts(load(keeper.path).lanes["r1"])
    assert after == texts(lane)
    assert after == before or isinstance(event, LEARNT)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: type(event).__name__)
def test_any_event_after_the_end_comes_back_from_the_journal(
    event: ev.Event, ending: str, keeper: SessionKeeper, tmp_path: Path
) -> None:
    lane, _ = _ended_in_file(keeper, ending)
    _learn(keeper, lane, event)
    assert not keeper.close(None), "the file does not have it, so the journal stays"
    (result,) = recover(keeper.path.parent, tmp_path / "state")
    assert result.problem is None
    assert texts(load(keeper.path).lanes["r1"]) == texts(lane)
    assert [path.name for path in keeper.path.parent.iterdir()] == [keeper.path.name]


def _ended_in_file(keeper: SessionKeeper, ending: str) -> tuple[Lane, dict[str, object]]:
    """A lane that has ended, and is in the file as it was then."""
    lane = folded("r1", ENDINGS[ending])
    for entry in [*header(_session(lane)), *run_entries("r1", ENDINGS[ending])]:
        keeper.record(entry)
    keeper.save(_session(lane))
    until(keeper.path.exists)
    return lane, texts(load(keeper.path).lanes["r1"])


def _learn(keeper: SessionKeeper, lane: Lane, event: ev.Event) -> None:
    keeper.record(ev.to_dict(event))
    lane.fold(event)


def _session(lane: Lane) -> Session:
    return session([lane], session_id=ID)


def test_an_answer_without_end_is_cut_said_to_be_and_kept_with_what_else_there_is(
    host: LearningHost, kept: Conductor, keeper: SessionKeeper, server: LoopbackServer
) -> None:
    kept.begin([host.card("huge"), host.card("good")], "hi")
    to_the_end(kept)
    (lane,) = lanes_of(kept, "huge")
    kept.ratings.score(lane.spec.id, 2)
    tick_until(kept, lambda: server.talk("huge").hung_up)
    tick_until(kept, lambda: keeper.path.exists() and keeper.path.stat().st_size > MAX_BYTES // 2)
    assert kept.close()
    assert kept.problems() == []
    found = load(keeper.path)
    huge = found.lanes[lane.spec.id]
    assert (huge.state, huge.fault and huge.fault.message) == (LaneState.CUT, TOO_LONG)
    assert huge.answer == lane.answer and set(huge.answer) == {"\U000e0041"}
    assert MAX_BYTES // 2 - 10 < stored_bytes(huge.answer) <= MAX_BYTES // 2
    assert [score.value for score in found.scores] == [2]
    assert found.lanes[lanes_of(kept, "good")[0].spec.id].answer == "".join(WORDS)
