"""A session that was kept, on the Compare screen's own widgets: no runner, no engine and no host take part."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from textual.screen import Screen

from tests.app.widget_app import screen_text
from tests.support.screens import PATIENCE_S, painted_in
from tests.support.some import some
from tui.core.sessions.view import StoredComparison
from tui.storage.session_files import load
from tui.ui.actions import COMPARE, Need
from tui.ui.compare.screen import CompareScreen
from tui.ui.state import AppState
from tui.ui.terminal.keys_in_turn import KeysInTurn
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.terminal.writer import TerminalWriter
from tui.ui.themes import variable_defaults
from tui.ui.widgets.answer.pane import AnswerPane
from tui.ui.widgets.prompt import PromptField

EXAMPLE = Path(__file__).parents[2] / "tests/data/recorded/20261127T093106Z-f41c.toml"


class Viewer(KeysInTurn[None]):
    """Nothing but the Compare screen."""

    CSS_PATH = Path(sys.modules[CompareScreen.__module__].__file__ or "").with_name("screen.tcss")

    def __init__(self) -> None:
        super().__init__()
        self.compare = CompareScreen(AppState(), RefreshRate(TerminalWriter()))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def get_default_screen(self) -> Screen[None]:
        return self.compare


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_a_kept_session_is_shown_with_its_answers_metrics_and_scores(size: tuple[int, int]) -> None:
    session = load(EXAMPLE)
    view = StoredComparison(session)
    assert view.run is not None
    requests = [view.run.shown_request(key) for key in view.run.plan.models]
    app = Viewer()
    async with app.run_test(size=size) as pilot:
        await app.compare.show_comparison(view)
        deadline = time.monotonic() + PATIENCE_S
        while "only shown" not in screen_text(app) or sum(map(bool, map(painted_in, app.screen.query(AnswerPane)))) < 3:
            assert time.monotonic() < deadline, f"it never came to hold:\n{screen_text(app)}"
            await pilot.pause(0.02)
        panes = list(app.screen.query(AnswerPane))
        assert len(panes) == len(requests) == 3
        for pane, request in some(zip(panes, requests, strict=True)):
            assert request is not None
            text = painted_in(pane)
            assert request.answer.split()[0] in text and "✓" in text
            rate, usage = request.metrics.decode_tps, request.usage
            assert usage is not None and (f"{usage.completion_tokens} tok" in text or size[0] == 80)
            assert f"{'-' if rate is None else f'{rate:.1f}'} t" in text
            score = view.ratings.score_of(request.spec.id)
            assert score is not None and "★" * score + "☆" * (5 - score) in text
        prompt = session.prompts[view.run.plan.prompts[-1]]
        assert app.screen.query_one(PromptField).text == prompt.user and prompt.user in screen_text(app)
        before = (list(session.scores), list(session.notes), len(session.requests))
        panes[0].focus()
        await pilot.press("4", "n", "r", "R", "x", "X", "u", "ctrl+r")
        assert (session.scores, session.notes, len(session.requests)) == before
        assert len(app.screen_stack) == 1, "no dialog asks for a note"
        offered = {active.binding.action: active.enabled for active in app.screen.active_bindings.values()}
        acting = [action for action in COMPARE if action.keys and {Need.RUNNER, Need.RATINGS} & {*action.needs}]
        assert not any(offered[action.bound("4")] for action in some(acting))
        assert offered["part('reading.zoom')"] and offered["part('reading.markdown')"], "what only looks works"
        await pilot.press("z")
        assert [pane.display for pane in panes] == [True, False, False]
        assert app.screen.query_one(PromptField).disabled


def test_every_example_can_be_looked_at_plan_by_plan() -> None:
    sessions = [load(path) for path in sorted(EXAMPLE.parent.glob("*.toml"))]
    assert len(sessions) == 4
    for session in some(sessions):
        for plan in some(session.plans.values()):
            run = StoredComparison(session, plan).run
            assert run is not None and all(run.shown_request(key) is not None for key in some(plan.models)), session.id
