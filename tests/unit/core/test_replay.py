"""A session that is played again: the same requests, at the stored instants."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sessions import MS, WHEN, request, session
from tests.support.some import any_number_of, some
from tui.core.plans.mode import Mode
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.replay import LONGEST_GAP, Replay, offsets
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import session_to_dict
from tui.storage.session_files import load

EXAMPLES = sorted((Path(__file__).parents[3] / "tests" / "data" / "recorded").glob("*.toml"))


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.ns = 5

    def __call__(self) -> int:
        return self.ns

    def pass_(self, ms: float) -> None:
        """Let so many milliseconds pass."""
        self.ns += round(ms * MS)


def later(made: Request, seconds: float) -> Request:
    """The request, sent so much later by the time of day."""
    return replace(made, started=WHEN + timedelta(seconds=seconds))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_at_its_end_a_replay_has_what_the_file_has_and_the_file_is_as_it_was(path: Path) -> None:
    kept, clock = load(path), Clock()
    before = session_to_dict(kept)
    replay = Replay(kept, clock)
    assert replay.busy and not any(one.answer for one in some(replay.session.requests.values()))
    shown: dict[str, str] = {}
    while replay.busy:
        clock.pass_(500)
        for run in any_number_of(replay.tick()):
            answer = replay.session.requests[run].answer
            assert answer.startswith(shown.get(run, "")), "text only grows"
            shown[run] = answer
    assert session_to_dict(replay.session) == before == session_to_dict(kept)
    assert clock.ns >= replay.length


def race() -> Session:
    """Two models at once: one is sent 20 ms after the other, as they were loaded together."""
    return session(
        [
            request("a", model="m1", mode=Mode.RACE, first_ms=100, gap_ms=100, answer=("ab", "cd", "ef")),
            later(request("b", model="m2", mode=Mode.RACE, first_ms=50, answer=("xy",)), 0.02),
        ]
    )


def test_chunks_come_at_their_instants_at_every_speed_and_not_while_it_is_paused() -> None:
    clock = Clock()
    replay = Replay(race(), clock)
    one, other = replay.session.requests["a"], replay.session.requests["b"]
    replay.tick()
    assert one.state is RequestState.QUEUED
    clock.pass_(10)  # It was asked 5 ms before it was sent.
    replay.tick()
    assert one.state is RequestState.RUNNING
    clock.pass_(99)
    assert replay.tick() == {"a", "b"} and (one.answer, other.answer) == ("ab", "xy")
    replay.pause()
    clock.pass_(10_000)
    assert not replay.tick() and replay.busy
    replay.pause()
    replay.change_speed(1)
    clock.pass_(51)
    assert replay.tick() == {"a"} and one.answer == "abcd" and replay.speed == 2
    replay.change_speed(1)
    replay.change_speed(1)
    assert replay.speed == 4
    clock.pass_(51)
    replay.tick()
    assert one.state is RequestState.DONE and one.answer == "abcdef" and not replay.busy
    replay.pause()
    assert replay.busy and not replay.session.requests["a"].answer, "from its end it begins again"


def test_what_was_measured_in_turn_never_comes_at_once_though_the_clock_was_set_back() -> None:
    runs = [later(request(f"r{number}"), seconds) for number, seconds in enumerate((0, 3600, -7200))]
    kept = session(runs)
    found = offsets(kept)
    spans = sorted(
        (one.timestamps.asked + found[run], one.timestamps.end + found[run])
        for run, one in kept.requests.items()
        if one.timestamps.asked is not None and one.timestamps.end is not None
    )
    assert spans[0][0] == 0 and len(spans) == 3
    for (_, end), (begin, _) in some(list(pairwise(spans))):
        assert end <= begin <= end + LONGEST_GAP


def test_what_was_never_sent_ends_at_its_place() -> None:
    clock = Clock()
    kept = session([request("r1"), request("r2", state=RequestState.SKIPPED), request("r3", state=RequestState.FAILED)])
    replay = Replay(kept, clock)
    while replay.busy:
        clock.pass_(40)
        replay.tick()
    assert [one.state for one in replay.session.requests.values()] == [one.state for one in kept.requests.values()]


def test_a_session_in_which_nothing_was_asked_is_at_its_end() -> None:
    replay = Replay(session([]), Clock())
    assert replay.tick() == set() and not replay.busy and replay.run is None


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), st.sampled_from([1, 2, 4]))
def test_whenever_it_is_looked_at_nothing_is_lost(gaps: list[int], speed: int) -> None:
    clock = Clock()
    replay = Replay(race(), clock)
    replay.speed = speed
    for gap in [*gaps, 2000]:
        clock.pass_(gap)
        replay.tick()
    assert {run: one.answer for run, one in replay.session.requests.items()} == {"a": "abcdef", "b": "xy"}
