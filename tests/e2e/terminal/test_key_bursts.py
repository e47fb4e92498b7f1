"""Keys in bursts, through a real terminal: many bytes in one write, as an SSH connection delivers them."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals", allow_module_level=True)

from tests.e2e.terminal.terminal import terminal
from tui.storage.session_files import load

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0
PROGRAM = (sys.executable, "-P", "-m", "tui")


class Keyboard:
    """The other end of a pseudo-terminal with two fields in it."""

    def __init__(self, folder: Path) -> None:
        self.end, shell = os.openpty()
        self.file = folder / "report"
        environ = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TEXTUAL_DRIVER")}
        self.program = subprocess.Popen(
            [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import runpy; "
             "runpy.run_module('tests.support.keyed', run_name='__main__')", str(self.file)],
            stdin=shell, stdout=shell, stderr=shell, cwd=folder, env=environ | {"TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(shell)
        self.until(["", "", [], 0])

    def write(self, data: bytes) -> None:
        """All of it in one write."""
        assert os.write(self.end, data) == len(data)

    def until(self, state: list[Any]) -> None:
        """Wait until this is what stands there: prompt, line, what was submitted, how often 3 was pressed."""
        deadline = time.monotonic() + PATIENCE_S
        while (report := self.report) != state:
            assert time.monotonic() < deadline, report
            if select.select([self.end], [], [], 0.01)[0]:
                os.read(self.end, 65536)

    @property
    def report(self) -> object:
        return json.loads(self.file.read_text()) if self.file.exists() else None

    def close(self) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self.end)


@pytest.fixture
def keyboard(tmp_path: Path) -> Iterator[Keyboard]:
    made = Keyboard(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.parametrize(
    ("written", "state"),
    [
        (b"abc\x15Echo", ["Echo", "", [], 0]),
        (b"abc\x7f\x7fX", ["aX", "", [], 0]),
        (b"abc\x1b[D\x1b[DX", ["aXbc", "", [], 0]),
        (b"abc\x1b3", ["abc", "", [], 1]),
        (b"abc\x1b33l12\x1b[D\x7fx", ["abc", "x2", [], 2]),
        (b"Echo\r", ["Echo", "", ["Echo"], 0]),
        (b"one\rtwo\r", ["one\ntwo\n", "", [], 0]),
        (b"one\r\ntwo\x1b3", ["one\ntwo3", "", [], 0]),
        (b"\x1b[200~a\r3\x1b[201~\r", ["a\n3", "", ["a\n3"], 0]),
        (b"caf\xe9 \xff!", ["caf\ufffd \ufffd!", "", [], 0]),
        ("\u0645\u06cc\u200c\u062e".encode(), ["\u0645\u06cc\u200c\u062e", "", [], 0]),
    ],
)
def test_one_write_does_what_its_keys_do(keyboard: Keyboard, written: bytes, state: list[Any]) -> None:
    keyboard.write(written)
    keyboard.until(state)


def test_a_long_text_pasted_without_saying_so_runs_nothing_at_its_end(keyboard: Keyboard) -> None:
    text = "".join(f"line {number} of the text\r" for number in range(500))
    sent = 0
    os.set_blocking(keyboard.end, False)
    while sent < len(text):
        try:
            sent += os.write(keyboard.end, text[sent:].encode())
        except BlockingIOError:
            select.select([], [keyboard.end], [], 0.001)
        if select.select([keyboard.end], [], [], 0)[0]:
            os.read(keyboard.end, 65536)
    keyboard.until([text.replace("\r", "\n"), "", [], 0])


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.skipif(importlib.util.find_spec("foundry_local_sdk") is None, reason="foundry_local_sdk is not installed")
def test_a_hasty_user_is_understood_on_every_screen(own_folders: Path, tmp_path: Path) -> None:
    with terminal(PROGRAM, (80, 24), tmp_path) as (window, _):
        window.sees("1 toy demo-small", "2 toy demo-medium")
        window.press("W", "h", "y", "C-u", "W", "h", "a", "t", "Space", "i", "s", "Space", "R", "A", "G", "?", "Enter")
        window.sees("3 unscored")
        window.press("3", "n", "4", "Space", "b", "i", "t", "s", "Enter", "5", "Right", "2")
        window.sees("★★★★★", "✎ 4 bits", "★★☆☆☆", "1 unscored")
        window.press("?", "Escape", "C-z")
        window.sees("score 2 → no score")
        window.press("F1", "/", "l", "a", "r", "g", "e", "Escape", "Space")
        window.sees("1 of 3 models")
        window.press("F2", "C-r", "e", "C-u", "x", "y", "BSpace", "z")
        window.sees("measure: one at a time", "xz")
        window.press("C-c", "C-c", "y")
        window.sees("Kept in", "exit code 0")
    (path,) = (own_folders / "sessions").glob("*.toml")
    session = load(path)
    assert [(score.run, score.value) for score in session.scores] == [("r1", 3), ("r1", 5), ("r2", 2)]
    assert [undo.takes_back for undo in session.undos] == [session.scores[-1].entry]
    assert [(note.run, note.text) for note in session.notes] == [("r1", "4 bits")]
    assert [prompt.user for prompt in session.prompts.values()] == ["What is RAG?"]
