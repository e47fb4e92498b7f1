"""Makes the pictures of docs/reports.md of the example sessions: `python -m tools.report_picture`; `--screen` makes
only those of the screen.

The page's needs Chromium, those of the screen what `tools.picture` needs.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from tools.picture import write_png
from tui.app.app import CompareApp, Opened
from tui.hosts.host_kind import Surroundings
from tui.hosts.search.open import open_host
from tui.report.render import report
from tui.runner.sitting import Sitting
from tui.storage.session_files import load_sessions
from tui.ui.themes import load_all
from tui.ui.widgets.figure_table import FigureTable

TOP = Path(__file__).parents[1]
WIDTH, HEIGHT = 640, 1360
SCREENS = (
    ("report-screen.png", (140, 24), ("down", "right")),
    ("report-plot-80x24.png", (80, 24), ("v",)),
)
PATIENCE = 600
"""Tenths of a second."""
ABOVE = 2525
"""What is above the picture's upper edge: what may be said of the models takes a screen of its own."""


async def paint_screen(folder: Path, size: tuple[int, int], *keys: str) -> str:
    """The Report screen after these keys, as SVG. `folder` is the program's own."""
    kept = Path(shutil.copytree(TOP / "sessions" / "examples", folder / "kept"))
    os.environ |= {f"FOUNDRY_COMPARE_{name}": str(folder) for name in ("CACHE", "STATE")}
    host = open_host(["demo"], Surroundings(folder, {}, folder))
    sitting = Sitting(host, kept, "ana")
    runner = sitting.begin()
    app = CompareApp(lambda: Opened(host, runner, sitting=sitting), themes=load_all([])[0], theme="dark")
    try:
        async with app.run_test(size=size) as pilot:
            await _until(pilot, lambda: app.app_state.info is not None)
            await pilot.press("escape", "f4")
            await _until(pilot, lambda: any(table.rows for table in app.screen.query(FigureTable)))
            await pilot.press(*keys)
            await pilot.pause(1)
            return app.export_screenshot(title="foundry-compare")
    finally:
        sitting.close()
        host.close()


async def _until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    for _ in range(PATIENCE):
        if holds():
            return
        await pilot.pause(0.1)
    raise SystemExit("the screen never came to show what is to be painted")


def main() -> None:
    """Write docs/report.png, a table and two charts of the page, and the two of the screen."""
    for name, size, keys in SCREENS:
        with tempfile.TemporaryDirectory() as folder:
            write_png(asyncio.run(paint_screen(Path(folder), size, *keys)), TOP / "docs" / name, "1600")
    if "--screen" not in sys.argv:
        paint_page()


def paint_page() -> None:
    """Write the page's picture."""
    with tempfile.TemporaryDirectory() as folder:
        page, frame = Path(folder) / "report.html", Path(folder) / "frame.html"
        page.write_text(report(load_sessions([TOP / "sessions" / "examples"]), "html"), encoding="utf-8")
        frame.write_text(
            f'<body style="margin:0;overflow:hidden"><iframe src="report.html" style="border:0;width:{WIDTH}px;'
            f'height:{ABOVE + HEIGHT}px;margin-top:-{ABOVE}px"></iframe>',
            encoding="utf-8",
        )
        subprocess.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
                f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={TOP / 'docs' / 'report.png'}", frame.as_uri(),
            ],
            check=True, capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
