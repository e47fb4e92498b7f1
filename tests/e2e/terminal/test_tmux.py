"""The program as people meet it: in a terminal, with the embedded runtime, up to its end and beyond."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import terminal
from tests.support.some import some
from tui.core.requests.request import RequestState
from tui.core.sessions.session import Session, SessionState
from tui.storage.journal import SUFFIX
from tui.storage.session_files import load

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("foundry_local_sdk") is None, reason="foundry_local_sdk is not installed"
    ),
]

PROGRAM = (sys.executable, "-P", "-m", "tui")
SMALL, LARGE = (80, 24), (160, 45)
PROMPT = "What is RAG?"
READY = ("1 toy demo-small", "2 toy demo-medium", "3 toy demo-large")


@pytest.fixture
def sessions(own_folders: Path) -> Path:
    """The folder where the program keeps its sessions."""
    return own_folders / "sessions"


def kept(sessions: Path) -> Session:
    """The one session on disk; at no moment is its file half-written."""
    paths = list(sessions.glob("*.toml"))
    assert len(paths) == 1, paths
    return load(paths[0])


def runs_kept(sessions: Path) -> int:
    """How many runs are on disk."""
    return len(kept(sessions).requests) if list(sessions.glob("*.toml")) else 0


def assert_whole(session: Session) -> None:
    """Every run has an answer, timed, to the prompt that was typed."""
    assert {request.state for request in session.requests.values()} == {RequestState.DONE}
    assert all(request.answer.strip() and request.metrics.ttft_ms for request in some(session.requests.values()))
    assert [one.user for one in session.prompts.values()] == [PROMPT]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "160x45"])
def test_a_prompt_is_asked_scored_noted_and_kept(size: tuple[int, int], sessions: Path, tmp_path: Path) -> None:
    with terminal(PROGRAM, size, tmp_path) as (window, family):
        window.sees(*READY, "toys", "Ask all models")
        window.type(PROMPT)
        window.sees(PROMPT)
        window.press("Enter")
        window.sees("3 unscored")
        window.press("4", "Right")
        window.sees("★★★★☆", "2 unscored")
        window.press("3", "Right")
        window.sees("★★★☆☆", "1 unscored")
        window.press("5")
        window.sees("★★★★★")
        window.press("n")
        window.sees("Note on demo-large")
        window.type("good, 5/5", "Enter")
        window.sees("✎")
        family.look()
        window.press("C-q")
        window.sees("Kept in", "exit code 0")
        family.wait_for_the_end()
    session = kept(sessions)
    assert session.state is SessionState.FINISHED
    assert len(session.requests) == 3
    assert_whole(session)
    assert [(score.run, score.value, score.position) for score in session.scores] == [
        ("r1", 4, 1), ("r2", 3, 2), ("r3", 5, 3)
    ]  # fmt: skip
    assert [(note.run, note.text) for note in session.notes] == [("r3", "good, 5/5")]
    assert [path.suffix for path in sessions.iterdir()] == [".toml"]


def test_keys_at_the_first_paint_are_not_lost_and_a_dropped_line_keeps_everything(
    sessions: Path, tmp_path: Path
) -> None:
    with terminal(PROGRAM, SMALL, tmp_path) as (window, family):
        window.sees("F2 Compare")
        window.type(PROMPT, "Enter")
        window.sees("3 unscored", PROMPT, *READY)
        window.press("2")
        window.sees("★★☆☆☆")
        family.look()
        window.hang_up()
        family.wait_for_the_end()
    session = kept(sessions)
    assert (session.state, len(session.requests)) == (SessionState.FINISHED, 3)
    assert_whole(session)
    assert [score.value for score in session.scores] == [2]
    assert [path.suffix for path in sessions.iterdir()] == [".toml"]


def test_a_runtime_that_dies_while_nothing_runs_is_started_again(sessions: Path, tmp_path: Path) -> None:
    with terminal(PROGRAM, SMALL, tmp_path) as (window, family):
        window.sees(*READY)
        window.type(PROMPT, "Enter")
        window.sees("3 unscored")
        first = family.runtime()
        family.kill(first)
        window.press("R")
        window.until(lambda: runs_kept(sessions) == 6)
        window.sees("3 unscored")
        assert family.runtime() != first
        window.press("C-q")
        window.sees("exit code 0")
    assert_whole(kept(sessions))


def test_a_program_that_was_killed_leaves_nobody_behind_and_the_next_one_completes_its_session(
    sessions: Path, tmp_path: Path
) -> None:
    with terminal(PROGRAM, SMALL, tmp_path) as (window, family):
        window.sees(*READY)
        window.type(PROMPT, "Enter")
        window.sees("3 unscored")
        window.press("Right", "4")
        window.sees("★★★★☆")
        window.until(lambda: any('"score"' in path.read_text() for path in sessions.glob(f"*{SUFFIX}")))
        family.look()
        family.kill(family.program)
        family.wait_for_the_end()
        assert list(sessions.glob(f"*{SUFFIX}"))
    with terminal(PROGRAM, LARGE, tmp_path) as (window, _):
        window.sees("A session whose file was not complete")
        window.sees(*READY)
        window.press("C-q")
        window.sees("exit code 0")
    session = kept(sessions)
    assert session.state is SessionState.INTERRUPTED
    assert len(session.requests) == 3
    assert_whole(session)
    assert [(score.run, score.value) for score in session.scores] == [("r2", 4)]
    assert [path.suffix for path in sessions.iterdir()] == [".toml"]
