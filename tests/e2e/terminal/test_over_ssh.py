"""The program where the models are, in a session of a real SSH server: asked, scored, and left by a line that drops."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import Terminal
from tests.support.sshd import running_sshd, why_no_sshd
from tui.core.requests.request import RequestState
from tui.core.sessions.session import SessionState
from tui.storage.session_files import load

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.skipif(bool(why_no_sshd()), reason=why_no_sshd() or "never"),
    pytest.mark.skipif(
        importlib.util.find_spec("foundry_local_sdk") is None, reason="foundry_local_sdk is not installed"
    ),
]


def test_it_is_used_over_there_and_a_line_that_drops_keeps_everything(own_folders: Path, tmp_path: Path) -> None:
    folders = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("FOUNDRY_COMPARE_")]
    there = shlex.join(["env", *folders, sys.executable, "-P", "-m", "tui", "--host", "demo"])
    sessions = own_folders / "sessions"
    with running_sshd(tmp_path) as sshd:
        user, _, port = sshd.target.removeprefix("ssh://").rpartition(":")
        window = Terminal(["ssh", *sshd.options, "-p", port, "-tt", user, there], (80, 24), tmp_path)
        try:
            window.sees("1 toy demo-small", "Ask all models")
            window.type("What is RAG?", "Enter")
            window.sees("3 unscored")
            window.press("4", "Right")
            window.sees("★★★★☆", "2 unscored")
            window.press("Left", "h")
            window.sees("Looked for a host")
            for process in sshd.sessions():
                # Not the program, whose terminal goes away under it.
                if process.name().startswith("sshd"):
                    process.kill()
            window.sees("exit code 255")
            window.until(lambda: [path.suffix for path in sessions.iterdir()] == [".toml"])
        finally:
            window.close()
    (path,) = sessions.glob("*.toml")
    session = load(path)
    assert session.state is SessionState.FINISHED
    assert {request.state for request in session.requests.values()} == {RequestState.DONE}
    assert [score.value for score in session.scores] == [4]
