"""The pane as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.widget_app import WidgetApp, rows, screen_text
from tests.support.sessions import score
from tests.support.some import some
from tui.core.requests.phase import Phase
from tui.core.requests.phases import Span
from tui.core.requests.request import RequestState
from tui.core.scoring.rubric import OVERALL
from tui.ui.layout_limits import PANE_WIDTH
from tui.ui.widgets.answer.pane import AnswerPane, PaneBody, PaneData
from tui.ui.widgets.metrics import Reading

DONE = PaneData(
    1,
    "demo-small · CPU",
    state=RequestState.DONE,
    answer="Retrieval finds text first.",
    spans=(Span(Phase.PREFILL, 0, 0.5), Span(Phase.ANSWER, 0.5, 2)),
    scale=2,
    reading=Reading(
        RequestState.DONE, tokens=96, rate=41.3, metrics={"ttft_ms": 310}, elapsed=2.6, finish_reason="stop"
    ),
    scores={OVERALL: score("r1", 4)},
    note="too short",
)


async def test_three_panes_fit_80_columns() -> None:
    panes = [AnswerPane() for _ in range(3)]
    app = WidgetApp(*panes)
    async with app.run_test(size=(80, 24)) as pilot:
        for position, pane in enumerate(panes, 1):
            pane.show(replace(DONE, position=position))
        await pilot.pause()
        assert all(pane.outer_size.width >= PANE_WIDTH for pane in some(panes))
        assert [line[:26] for line in screen_text(app).splitlines()[-6:]] == [
            "┃                        ┃",
            "┃▓▓▓▓▓▓█answer███████████┃",
            "┃96 tok  41.3 tok/s      ┃",
            "┃first 0.31s  total 2.6s ┃",
            "┃★★★★☆  ✎ too short      ┃",
            "┗━━━━━━━━━━━━━━━━━━━━━━━━┛",
        ]


@pytest.mark.slow
async def test_the_frame_tells_where_the_focus_is_by_its_line_too() -> None:
    panes = [AnswerPane(), AnswerPane()]
    app = WidgetApp(*panes)
    async with app.run_test(size=(80, 24)) as pilot:
        panes[1].focus()
        await pilot.pause()
        first = screen_text(app).splitlines()[0]
        assert (first[0], first[40]) == ("╭", "┏")
        await pilot.press("tab")
        first = screen_text(app).splitlines()[0]
        assert (first[0], first[40]) == ("┏", "╭"), "a pane is one stop of the focus, its answer none of its own"


async def test_the_keys_of_a_focused_pane_move_through_its_answer() -> None:
    pane = AnswerPane()
    app = WidgetApp(pane)
    async with app.run_test(size=(60, 24)) as pilot:
        pane.focus()
        pane.show(replace(DONE, answer="\n".join(f"line {number}" for number in range(200))))
        await pilot.pause()
        for key, top in (("home", "line 0"), ("down", "line 1"), ("pagedown", "line 18"), ("pageup", "line 1")):
            await pilot.press(key)
            assert rows(pane.view)[0] == top
        await pilot.press("end")
        assert rows(pane.view)[-1] == "line 199"


async def test_showing_the_same_column_again_paints_nothing_and_a_score_paints_one_row() -> None:
    pane = AnswerPane()
    async with WidgetApp(pane).run_test(size=(60, 24)) as pilot:
        pane.show(DONE)
        await pilot.pause()
        parts = list(pane.query_one(PaneBody).children)
        for part in (pane, *parts):
            part._repaint_regions.clear()
        pane.show(replace(DONE))
        assert not any(part._repaint_regions for part in (pane, *parts))
        pane.show(replace(DONE, scores={OVERALL: score("r1", 5)}))
        assert [type(part).__name__ for part in parts if part._repaint_regions] == ["ScoreRow"]
        assert not pane._repaint_regions


@pytest.mark.parametrize("size", [(60, 24), (40, 20)])
async def test_a_pane_that_was_hidden_shows_what_changed_meanwhile(size: tuple[int, int]) -> None:
    pane = AnswerPane()
    app = WidgetApp(pane)
    async with app.run_test(size=(60, 24)) as pilot:
        pane.show(DONE)
        await pilot.pause()
        pane.display = False
        await pilot.pause()
        pane.show(replace(DONE, title="another", answer="Other words.", scores={}, state=RequestState.STOPPED))
        await pilot.resize_terminal(*size)
        await pilot.pause()
        pane.display = True
        await pilot.pause()
        shown = screen_text(app)
        assert len(shown.splitlines()[0]) == size[0]
        for text in ("1 another", "■ stopped", "Other words.", "·····"):
            assert text in shown


async def test_a_failed_pane_keeps_what_arrived_and_says_what_to_do() -> None:
    pane = AnswerPane()
    app = WidgetApp(pane)
    async with app.run_test(size=(60, 24)) as pilot:
        fault = ("The connection was lost.", "Press r to ask again.")
        pane.show(replace(DONE, state=RequestState.FAILED, fault=fault, reasoning="hm", waiting="Waiting."))
        await pilot.pause()
        shown = screen_text(app)
        for text in ("✗ failed", "thinking · 2 chars", "Retrieval finds", "✗ The connection", "Press r"):
            assert text in shown
        assert "Waiting." not in shown
