"""Makes the README's picture: the program itself, on the embedded runtime, as it paints.

`python -m tools.picture docs/compare.png` needs `rsvg-convert` (librsvg) and the font Fira Code.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tui.app.app import CompareApp, Opened
from tui.core.plans.plan_run import PlanRun
from tui.core.sessions.session import Session
from tui.hosts.host_kind import Surroundings
from tui.hosts.search.open import open_host
from tui.runner import Runner
from tui.ui.themes import load_all

PROMPT = "What is quantization?"
SIZE = (120, 32)
PATIENCE = 600
"""Tenths of a second."""


async def paint(folder: Path) -> str:
    """The screen after one question, scored, as SVG."""
    host = open_host(["demo"], Surroundings(folder, {}, folder))
    runner = Runner(host, Session("picture", datetime.now(UTC)))
    themes, _ = load_all([])
    app = CompareApp(lambda: Opened(host, runner), themes=themes, theme="dark", prompt=PROMPT)
    try:
        async with app.run_test(size=SIZE) as pilot:
            for _ in range(PATIENCE):
                await pilot.pause(0.1)
                if _finished(runner.run):
                    break
            await pilot.press("2", "right", "4", "right", "5")
            await pilot.pause(0.5)
            return app.export_screenshot(title="foundry-compare")
    finally:
        runner.close()
        host.close()


def _finished(run: PlanRun | None) -> bool:
    return run is not None and run.finished


def main(target: Path) -> None:
    """Write the picture as PNG."""
    with tempfile.TemporaryDirectory() as folder:
        svg = asyncio.run(paint(Path(folder)))
        # The exported file asks a font server for its font; this machine's own will do.
        svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
        source = Path(folder) / "screen.svg"
        source.write_text(svg, encoding="utf-8")
        subprocess.run(["rsvg-convert", "--width", "1600", "-o", str(target), str(source)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
