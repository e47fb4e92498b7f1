"""Leaving at the wrong moment, in a real terminal: what arrived is kept, nobody waits, and the exit code says why."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.terminal.terminal import Family, Terminal, terminal
from tui.core.lane import LaneState
from tui.core.session import SessionState
from tui.store.sessions import load

termios = pytest.importorskip("termios")

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PROGRAM = (sys.executable, "-P", "-m", "tui")
TOP = Path(__file__).parents[2]
SIZE = (80, 24)
TAKEN = ("alternate_on", "mouse_any_flag", "cursor_flag")
"""What tmux knows of how a program has taken the terminal."""


@pytest.fixture
def sessions(own_folders: Path) -> Path:
    return own_folders / "sessions"


def leave(window: Terminal, family: Family, way: str) -> None:
    """By a key of tmux's, or by a signal."""
    family.look()
    if way.startswith("SIG"):
        family.program.send_signal(getattr(signal, way))
    else:
        window.press(way)


WAYS = [("C-q", 0), ("SIGTERM", 143), ("SIGINT", 130)]


@pytest.mark.parametrize(("way", "code"), [*WAYS, ("SIGHUP", 129)])
def test_an_answer_that_streams_is_kept(way: str, code: int, sessions: Path) -> None:
    program = (*PROGRAM, "--host", "tests.support.adapters:Scripted", "-m", "endless", "-p", "hi")
    with terminal(program, SIZE, TOP) as (window, family):
        window.sees("more more more")
        leave(window, family, way)
        window.sees(f"exit code {code}")
        family.wait_for_the_end()
        # A terminal that hangs up is left as it is; else nothing but where the session is follows.
        if way != "SIGHUP":
            told = [line for line in window.text.splitlines() if line.strip()]
            assert told[0].startswith("Kept in ") and told[-1] == f"exit code {code}", window.text
    (path,) = sessions.iterdir()
    session = load(path)
    (lane,) = session.lanes.values()
    assert (session.state, lane.state) == (SessionState.FINISHED, LaneState.STOPPED)
    assert lane.answer.startswith("more more more")


@pytest.mark.parametrize("way", ["C-q", "SIGTERM", "SIGHUP"])
def test_the_exit_code_says_that_not_everything_is_kept_whatever_ended_the_program(way: str, sessions: Path) -> None:
    sessions.parent.mkdir(parents=True, exist_ok=True)
    sessions.write_text("in the way")
    program = (*PROGRAM, "--host", "tests.support.adapters:Scripted", "-m", "endless", "-p", "hi")
    with terminal(program, SIZE, TOP) as (window, family):
        window.sees("more more more")
        leave(window, family, way)
        window.until(lambda: re.search(r"exit code 1(?!\d)", window.text) is not None)
        family.wait_for_the_end()


def test_a_signal_of_a_lost_line_sent_by_hand_puts_the_terminal_that_is_there_in_order(sessions: Path) -> None:
    program = (*PROGRAM, "--host", "tests.support.adapters:Scripted", "-m", "endless", "-p", "hi")
    with terminal(program, SIZE, TOP) as (window, family):
        window.sees("more more more")
        assert [window.told(what) for what in TAKEN] == ["1", "1", "0"]
        leave(window, family, "SIGHUP")
        window.sees("exit code 129")
        family.wait_for_the_end()
        assert [window.told(what) for what in TAKEN] == ["0", "0", "1"]
        assert "┃" not in window.text
        handle = os.open(window.told("pane_tty"), os.O_RDONLY | os.O_NOCTTY)
        try:
            flags = termios.tcgetattr(handle)[3]
        finally:
            os.close(handle)
        assert flags & termios.ICANON and flags & termios.ECHO and flags & termios.ISIG
    assert len(list(sessions.iterdir())) == 1


@pytest.mark.parametrize(("way", "code"), WAYS)
@pytest.mark.parametrize("screen", ["compare", "models"])
def test_nobody_waits_for_a_model_that_loads(screen: str, way: str, code: int, sessions: Path) -> None:
    program = (*PROGRAM, "--host", "tests.support.adapters:Slow", "-m", "slow")
    asked = ("-p", "hi") if screen == "compare" else ()
    with terminal((*program, *asked), SIZE, TOP) as (window, family):
        if screen == "compare":
            window.sees("Loading the model")
        else:
            window.sees("0/1 loaded")
            window.press("F1")
            window.sees("/ filter")
            window.press("l")
            window.sees("loading")
        leave(window, family, way)
        window.sees(f"exit code {code}")
        family.wait_for_the_end()
        assert "Traceback" not in window.text
    if screen == "compare":
        (path,) = sessions.iterdir()
        assert [lane.state for lane in load(path).lanes.values()] == [LaneState.STOPPED]
