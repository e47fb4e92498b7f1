"""Asking by keys alone, in a real terminal: a set, its variables, parameters, the editor, and a second sitting."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import terminal
from tui.storage.session_files import load

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("foundry_local_sdk") is None, reason="foundry_local_sdk is not installed"
    ),
]

PROGRAM = (sys.executable, "-P", "-m", "tui", "--host", "demo", "-m", "demo-small")
SET = """
prompts = ["What is {topic}?", "Why do people store the weights with fewer bits?"]
"""


def test_a_set_is_asked_with_parameters_and_a_prompt_of_the_editor_comes_back_in_the_next_sitting(
    own_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "workshop.toml").write_text(SET, "utf-8")
    editor = tmp_path / "editor.py"
    editor.write_text("import pathlib, sys\npathlib.Path(sys.argv[1]).write_text('How fast is it?\\n')\n", "utf-8")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {editor}")
    with terminal(PROGRAM, (80, 24), tmp_path) as (window, family):
        window.sees("1 toy demo-small")
        window.press("C-o")
        window.sees("Open a set of prompts")
        window.type("./w", "Enter")
        window.sees("{topic} in workshop.toml, 1 of 1")
        window.type("RAG", "Enter")
        window.sees("What is RAG?", "set workshop · 1 of 2")
        window.press("Escape")
        window.press("p")
        window.sees("Parameters of the next run")
        window.type("Be brief.", "Tab")
        window.type("0.2", "Enter")
        window.sees("temp 0.2")
        window.press("C-g")
        window.sees("question 2/2", "1 unscored here", "set workshop")
        window.type(":")
        window.sees("find an action")
        window.type("edit outside", "Enter")
        window.sees("How fast is it?")
        window.press("Enter")
        window.sees("question 3")
        family.look()
        window.press("C-q")
        window.sees("exit code 0")
        family.wait_for_the_end()
    session = load(next((own_folders / "sessions").glob("*.toml")))
    asked = [(prompt.user, prompt.system) for prompt in session.prompts.values()]
    assert asked[0] == ("What is RAG?", "Be brief.") and asked[-1] == ("How fast is it?", "Be brief.")
    assert {plan.parameters.temperature for plan in session.plans.values()} == {0.2}
    with terminal(PROGRAM, (80, 24), tmp_path) as (window, family):
        window.sees("1 toy demo-small")
        window.press("Up")
        window.sees("How fast is it?", "asked before")
        window.press("C-u", "C-o")
        window.sees("Opened last", "workshop.toml")
        family.look()
        window.press("Escape", "C-q")
        window.sees("exit code 0")
        family.wait_for_the_end()
