"""How far a command has come stands in the last line of a terminal while it works, and is gone afterwards."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import terminal
from tests.support.loopback_server import LoopbackServer
from tests.support.some import some

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]
PROGRAM = (sys.executable, "-P", "-m", "tui")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


def test_a_race_shows_how_far_it_has_come(server: LoopbackServer, tmp_path: Path) -> None:
    ask = ("run", "--host", server.url, "-m", "good", "-m", "endless", "-p", "hi")
    with terminal([*PROGRAM, *ask], (80, 24), tmp_path) as (screen, family):
        screen.sees("One two three four five", "[##########..........] 1 of 2 ended")
        family.program.send_signal(signal.SIGINT)
        screen.sees("exit code 130", "Kept in")
        assert "1 of 2 ended" not in screen.text, "an answer and a bar share no line"


def test_smoke_can_be_read_in_forty_columns(server: LoopbackServer, tmp_path: Path) -> None:
    models = ("good", "burst", "split", "empty", "e500", "cut", "reasoning", "late_text")
    named = [part for model in models for part in ("-m", model)]
    with terminal([*PROGRAM, "smoke", "--host", server.url, *named], (40, 24), tmp_path) as (screen, _):
        screen.sees("exit code 5")
        rows = [row for row in screen.text.splitlines() if row]
        assert rows[0].startswith("ok    host: ") and len(rows) <= 24, "nothing has scrolled away"
        assert sum(row.startswith("FAIL  ") for row in rows) == 3 and not any("of 8 ended" in row for row in some(rows))
