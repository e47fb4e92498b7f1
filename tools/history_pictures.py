"""Makes the pictures of docs/history.md and docs/judge.md of the example sessions: `python -m tools.history_pictures`.

It needs what `tools.picture` needs.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tools.picture import over_sessions, until, write_png
from tui.app.app import CompareApp
from tui.app.opened import OpenedFile
from tui.core.scoring.disagreement import shared_answers
from tui.core.scoring.in_effect import in_effect
from tui.core.sessions.replay import Replay
from tui.core.sessions.view import StoredComparison
from tui.report.aggregate import aggregate
from tui.report.raters import said_of_agreement
from tui.runner.ratings import Ratings
from tui.storage.session_files import load_whole
from tui.ui.compare.judge_dialog import JudgeDialog
from tui.ui.history.agreement import AgreementDialog, agreement_of
from tui.ui.themes import load_all
from tui.ui.widgets.row_table import RowTable, TableRow

TOP = Path(__file__).parents[1]
EXAMPLES = TOP / "tests" / "data" / "recorded"
EXAMPLE = "20261127T093106Z-f41c.toml"


async def paint_history(folder: Path) -> str:
    """What was kept, after a search, as SVG. `folder` is the program's own."""
    async with over_sessions(EXAMPLES, folder, (150, 32)) as (app, pilot):
        (folder / "kept" / "20261128T080000Z-0d1e.toml").write_text("schema = 2\nid = \n", encoding="utf-8")
        await pilot.press("escape", "f3")
        await until(pilot, lambda: len(_rows(app)) == 5)
        await pilot.press("slash", *"retrieval", "enter")
        await until(pilot, lambda: any(row.cells[2].startswith("answer: ") for row in _rows(app)))
        await pilot.pause(1)
        return app.export_screenshot(title="foundry-compare")


async def paint_judge(folder: Path) -> str:
    """Which model judges a session that was opened from the list, as SVG. `folder` is the program's own."""
    async with over_sessions(EXAMPLES, folder, (80, 24)) as (app, pilot):
        await pilot.press("escape", "f3")
        await until(pilot, lambda: len(_rows(app)) == 4)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, JudgeDialog))
        await pilot.press("end")
        app.clear_notifications()
        await pilot.pause(1)
        return app.export_screenshot(title="foundry-compare")


async def paint_replay(folder: Path) -> str:
    """A session as it went, in the middle of its first question, as SVG."""
    clock = [0]
    replay = Replay(load_whole(EXAMPLES / EXAMPLE), lambda: clock[0])
    shown = OpenedFile(EXAMPLE, replay, None, lambda: True)
    app = CompareApp(lambda: shown, themes=load_all([])[0], theme="dark")
    async with app.run_test(size=(120, 32)) as pilot:
        await until(pilot, lambda: app.compare.replay is not None)
        await pilot.press("plus")
        requests = list(replay.session.requests.values())[:3]
        while not all(request.answer for request in requests):
            clock[0] += 50_000_000
            await pilot.pause(0.05)
        clock[0] += 250_000_000
        await pilot.pause(0.5)
        return app.export_screenshot(title="foundry-compare")


async def paint_agreement(folder: Path) -> str:
    """What two people differ about, as SVG."""
    session = load_whole(EXAMPLES / EXAMPLE)
    ben = Ratings(session, "ben", lambda: datetime.now(UTC), lambda entry: None)
    for (run, _, criterion), score in list(in_effect(session).scores.items())[::2]:
        ben.score(run, 3, criterion=criterion)
        ben.note(run, "Leaves out what is compared." if score.value == 5 else "")
    ben.decide(shared_answers(session, session.raters)[0], 4)
    found = [said_of_agreement(one) for one in aggregate([session]).agreements]
    dialog = AgreementDialog(agreement_of(folder / EXAMPLE, session, found))
    shown = OpenedFile(EXAMPLE, StoredComparison(session, rater="ben"), None, lambda: True)
    app = CompareApp(lambda: shown, themes=load_all([])[0], theme="dark")
    async with app.run_test(size=(120, 32)) as pilot:
        await pilot.pause(1)
        await app.push_screen(dialog)
        await pilot.pause(0.5)
        return app.export_screenshot(title="foundry-compare")


def _rows(app: CompareApp) -> Sequence[TableRow]:
    found = app.screen.query(RowTable)
    return found.first().rows if found else ()


def main() -> None:
    """Write them as PNG."""
    for paint, name in (
        (paint_history, "history.png"),
        (paint_replay, "replay.png"),
        (paint_agreement, "agreement.png"),
        (paint_judge, "judge.png"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            svg = asyncio.run(paint(Path(folder)))
        write_png(svg, TOP / "docs" / name, "1600")


if __name__ == "__main__":
    main()
