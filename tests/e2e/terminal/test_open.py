"""`foundry-compare open` in a real terminal: a kept session is read, scored and kept again, without a host."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import terminal
from tui.core.scoring.in_effect import in_effect
from tui.storage.session_files import load

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

EXAMPLE = Path(__file__).parents[3] / "tests" / "data" / "recorded" / "20261127T093106Z-f41c.toml"


def test_a_kept_session_is_read_scored_and_kept(tmp_path: Path) -> None:
    file = Path(shutil.copy(EXAMPLE, tmp_path))
    program = (sys.executable, "-P", "-m", "tui", "open", file.name, "--rater", "ann")
    with terminal(program, (80, 24), tmp_path) as (window, family):
        window.sees(file.name, "question 3 of 3", "3 unscored")
        family.look()
        window.press("Escape")
        window.type("{{4")
        window.sees("question 1 of 3", "2 unscored", "★★★★☆", "Describe every stage of a RAG")
        window.type("n")
        window.sees("Note on demo-small")
        window.type("too short", "Enter")
        window.sees("✎ too short")
        window.type("}5")
        window.sees("question 2 of 3", "2 unscored", "★★★★★")
        window.press("C-q")
        window.sees(f"Kept in {file.name}", "exit code 0")
        family.wait_for_the_end(1)
    before, found = load(EXAMPLE), load(file)
    mine = [(one.run, one.value) for (_, rater, _), one in in_effect(found).scores.items() if rater == "ann"]
    runs = list(found.requests)
    assert mine == [(runs[0], 4), (runs[3], 5)]
    assert [(note.run, note.text) for note in found.notes if note.rater == "ann"] == [(runs[0], "too short")]
    assert [one.answer for one in found.requests.values()] == [one.answer for one in before.requests.values()]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_damaged_file_ends_with_a_sentence_and_no_screen(tmp_path: Path) -> None:
    (tmp_path / "damaged.toml").write_text("schema = 1\n[[run")
    program = (sys.executable, "-P", "-m", "tui", "open", "damaged.toml")
    with terminal(program, (80, 24), tmp_path) as (window, _family):
        window.sees("damaged.toml cannot be read as a session", "exit code 2")
