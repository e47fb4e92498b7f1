"""Makes the pictures of docs/reports.md of the example sessions: `python -m tools.report_picture`; `--screen` makes
only those of the screen.

The page's needs Chromium, those of the screen what `tools.picture` needs.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.picture import over_sessions, until, write_png
from tui.report.render import rendered
from tui.storage.session_files import load_sessions
from tui.ui.widgets.figure_table import FigureTable

TOP = Path(__file__).parents[1]
WIDTH, HEIGHT = 700, 1375
SCREENS = (
    ("report-screen.png", (140, 24), ("down", "right")),
    ("report-plot-80x24.png", (80, 24), ("v",)),
    ("report-split.png", (140, 24), ("b", "4", "right", "right", "right")),
    ("report-selection-80x24.png", (80, 24), ("w", *"quality=3,latency=1", "enter")),
)
FIRST = "<h3>Footprint"
"""What the picture begins with: what may be said of the models takes a screen of its own."""


async def paint_screen(folder: Path, size: tuple[int, int], *keys: str) -> str:
    """The Report screen after these keys, as SVG. `folder` is the program's own."""
    async with over_sessions(TOP / "sessions" / "examples", folder, size) as (app, pilot):
        await pilot.press("escape", "f4")
        await until(pilot, lambda: any(table.rows for table in app.screen.query(FigureTable)))
        await pilot.press(*keys)
        await pilot.pause(1)
        return app.export_screenshot(title="foundry-compare")


def main() -> None:
    """Write docs/report.png, a table and charts of the page, and those of the screen."""
    for name, size, keys in SCREENS:
        with tempfile.TemporaryDirectory() as folder:
            write_png(asyncio.run(paint_screen(Path(folder), size, *keys)), TOP / "docs" / name, "1600")
    if "--screen" not in sys.argv:
        paint_page()


def paint_page() -> None:
    """Write the page's picture."""
    with tempfile.TemporaryDirectory() as folder:
        page, frame = Path(folder) / "report.html", Path(folder) / "frame.html"
        whole = rendered(load_sessions([TOP / "sessions" / "examples"]), "html")
        before, main, rest = whole.partition("<main>")
        page.write_text(before + main + rest[rest.index(FIRST) :], encoding="utf-8")
        frame.write_text(
            f'<body style="margin:0;overflow:hidden"><iframe src="report.html" style="border:0;width:{WIDTH}px;'
            f'height:{HEIGHT}px"></iframe>',
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
