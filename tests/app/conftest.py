"""What holds for every test of a screen: a pause ends when the program has nothing left to do."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from tests.support.screens import all_is_done


@pytest.fixture(autouse=True)
def pauses_end_with_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pilot.pause()` waits for the program's loop.

    Textual's own waits until the process has used next to no processor time for 20 ms: too long for a program that
    has been idle before, and no sign of anything on a busy machine.
    """
    pause = Pilot.pause

    async def paused(pilot: Pilot[object], delay: float | None = None) -> None:
        await (all_is_done(pilot.app) if delay is None else pause(pilot, delay))

    monkeypatch.setattr(Pilot, "pause", paused)
