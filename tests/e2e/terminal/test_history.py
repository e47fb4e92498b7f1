"""History and replay in a real terminal, with keys in bursts."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import terminal
from tests.support.loopback_server import LoopbackServer
from tui.core.scoring.in_effect import in_effect
from tui.storage.session_files import load

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

EXAMPLES = Path(__file__).parents[3] / "tests" / "data" / "recorded"
PROGRAM = (sys.executable, "-P", "-m", "tui")


def test_yesterdays_session_is_found_played_again_scored_and_put_away(own_folders: Path, tmp_path: Path) -> None:
    kept = Path(shutil.copytree(EXAMPLES, tmp_path / "kept"))
    with LoopbackServer().running() as server:
        program = (*PROGRAM, "--host", server.url, "-m", "good", "--sessions", str(kept), "--rater", "bea")
        with terminal(program, (80, 24), tmp_path) as (window, family):
            window.sees("1 good", "race: all at once")
            window.press("F3")
            window.sees("4 sessions", "Describe every stage of a RAG")
            window.press("/", *"execution", "Enter", "p")
            window.sees("replay", "20261127T093210Z-5c56.toml")
            window.press("+", "Space", "Escape")
            window.sees("execution", "1 of 4 shown")
            window.press("Enter")
            window.sees("What is an execution provider?", "3 unscored")
            window.press("4", "Right", "5")
            window.sees("1 unscored", "★★★★☆", "★★★★★")
            window.press("F3", "Delete")
            window.sees("is open here")
            window.press("F2", "Escape", "Escape")
            window.until(lambda: kept.name not in window.text and "5c56" not in window.text)
            window.press("F3", "Home", "Delete")
            window.sees("in the trash")
            assert len(list(kept.glob("*.toml"))) == 3
            window.press("u")
            window.sees("It is back")
            window.press("C-q")
            window.sees("Kept in", "exit code 0")
            family.wait_for_the_end(1)
    scores = [one.value for (_, rater, _), one in in_effect(load(kept / "20261127T093210Z-5c56.toml")).scores.items()
              if rater == "bea"]  # fmt: skip
    assert scores == [4, 5] and len(list(kept.glob("*.toml"))) == 4


def test_a_replay_needs_no_host_and_esc_ends_it(tmp_path: Path) -> None:
    file = EXAMPLES / "20261127T093106Z-f41c.toml"
    before = file.read_bytes()
    with terminal((*PROGRAM, "replay", str(file), "--speed", "4"), (80, 24), tmp_path) as (window, _):
        window.sees("replay", "1 toy demo-small")
        window.press("Escape")
        window.sees("exit code 0")
    assert file.read_bytes() == before
