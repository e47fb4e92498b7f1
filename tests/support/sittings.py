"""The whole program but its command line, over a folder of sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.recorded import bundled_themes
from tests.support.screens import Play, playing
from tui.app.app import CompareApp
from tui.app.opened import Opened
from tui.runner.sitting import Sitting


@asynccontextmanager
async def sitting_over(
    folder: Path, server: LoopbackServer, served: Sequence[str], size: tuple[int, int]
) -> AsyncIterator[tuple[Play, Sitting]]:
    """It keeps its sessions in this folder. Its host serves these models; `good` and `late_text` are chosen."""
    host = LoopbackHost(server.port, served)
    sitting = Sitting(host, folder, "ann")
    try:
        runner = sitting.begin()
        app = CompareApp(
            lambda: Opened(host, runner, sitting=sitting), models=["good", "late_text"],
            themes=bundled_themes(), theme="dark",
        )  # fmt: skip
        async with playing(app, runner, size) as play:
            await play.sees("Loopback server")
            yield play, sitting
    finally:
        assert sitting.close()
