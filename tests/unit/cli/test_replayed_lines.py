"""A replay without a screen: lines as they are complete."""

from __future__ import annotations

from tests.support.sessions import request, session
from tui.cli.replayed_lines import ReplayedLines
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.core.sessions.replay import Replay


def test_lines_come_when_they_are_complete_beside_the_names_of_their_models() -> None:
    kept = session([
        request("r1", mode=Mode.RACE, model="m1", first_ms=10, gap_ms=100, answer=("one\ntw", "o\x1b", " three")),
        request("r2", mode=Mode.RACE, model="m2", first_ms=60, state=RequestState.FAILED, answer=()),
        request("r3", mode=Mode.RACE, model="m1", warmup=True),
    ])  # fmt: skip
    clock = iter((0, 20_000_000, 120_000_000, 2_000_000_000))
    replay = Replay(kept, lambda: next(clock))
    lines = ReplayedLines(replay.session, 78)
    come = [[*lines.take(replay.tick())] for _ in range(3)]
    assert come[0] == ["\n> Question p1?"]
    assert "model-m1 | one" in come[1] and "model-m2 | The stream broke." in come[1]
    assert come[2][0] == "model-m1 | two␛ three" and come[2][1].startswith("model-m1 | [")
    assert len(come[2]) == 2, "a warm-up is not shown"
