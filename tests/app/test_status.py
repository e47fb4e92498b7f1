"""The line between the prompt and the panes, where there is little room."""

from __future__ import annotations

import pytest

from tests.support.recorded import looking_at, streaming
from tui.core.plans.plan import Mode
from tui.ui.cells import room
from tui.ui.compare.status import status_line

PAGE = "panes 1-3 of 5 · [ ]"


@pytest.mark.parametrize("mode", list(Mode))
async def test_that_there_are_more_panes_is_told_in_any_terminal_that_is_wide_enough(mode: Mode) -> None:
    requests, now = streaming()
    async with looking_at(requests, at=now) as play:
        for width in (78, 158):
            line = status_line(play.app.app_state, play.runner, mode, 0, (PAGE,), width)
            assert room(line) <= width and line.endswith(PAGE)
            assert line.startswith("next" if mode is Mode.MEASURE else "race")
